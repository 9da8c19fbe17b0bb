"""Labels, transfers, participants -> Services: who serves many, by a list or by its own figures.

Lists are never complete: on Hop data exchange lists alone leave a component of 27,037 accounts, the gate 2,475.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.plurals import counted_in
from abuse.steps.spill import Spill, unspilled
from abuse.steps.traffic import PAID_IN, counting, deposits, traffic
from abuse.tables import Labels, Services, Transfers

CONTRACT = "contract"


def services(
    transfers: DataFrame,
    labels: DataFrame,
    addresses: DataFrame,
    acted: DataFrame,
    funders: DataFrame,
    assets: Collection[str],
    rules: settings.Services,
    links: settings.Links,
    chains: Mapping[str, settings.Chain],
    spill: Spill = unspilled,
) -> DataFrame:
    """One row per address and kind, with the list that says so or the figures that made it so."""
    moves = counting(transfers, assets, links, chains)
    figures = spill(traffic(moves, addresses, acted, funders))
    contracts = labels.where(F.col(Labels.label) == CONTRACT).select(Labels.address).distinct()
    contracts = contracts.withColumn(Services.is_contract, F.lit(True))
    listed, nulls = labelled(labels, rules), null_addresses(transfers, chains)
    key = [Services.chain, Services.address, Services.kind]
    named = listed.join(nulls, on=key, how="left_anti").unionByName(nulls)
    with_figures = named.join(figures.drop(Services.chain), on=Services.address, how="left")
    exchanges = named.where(F.col(Services.kind) == "exchange").select(Services.address).distinct()
    customers = deposits(figures, moves, exchanges, rules)
    customers = customers.join(named.select(Services.address).distinct(), on=Services.address, how="left_anti")
    own = customers.select(Services.address, Services.sends_to)
    judged = figures.join(own, on=Services.address, how="left").withColumn(Services.kind, inferred(rules))
    judged = judged.where(F.col(Services.kind).isNotNull()).withColumns(_nobody_said("inferred"))
    said = named.select(Services.address, Services.kind).distinct()
    judged = judged.join(said, on=[Services.address, Services.kind], how="left_anti")
    found = with_figures.withColumn(Services.sends_to, F.lit(None).cast("string")).unionByName(
        judged, allowMissingColumns=True
    )
    found = found.join(F.broadcast(contracts), on=Services.address, how="left")
    return found.withColumns(
        {Services.is_contract: F.coalesce(Services.is_contract, F.lit(False)), Services.why: why(rules)}
    )


def inferred(rules: settings.Services) -> Column:
    """What an address's own figures make of it; empty when it serves nobody."""
    senders, recipients = F.col(Services.num_senders), F.col(Services.num_recipients)
    is_busy = F.col(Services.num_counterparties) > F.when(F.col("takes_part"), rules.max_counterparties).otherwise(
        rules.max_outside_counterparties
    )
    is_outside = ~F.col("takes_part")
    is_omnibus = is_outside & (F.coalesce(F.col(Services.num_memos), F.lit(0)) >= rules.omnibus_min_memos)
    pays_customers = (F.col("num_participants_paid") >= rules.payroll_min_recipients) & (
        F.col(Services.fresh_share) < rules.min_fresh_share
    )
    few_pay_it = senders <= rules.max_operator_senders
    is_payroll = few_pay_it & pays_customers & is_outside & ~(funds_newcomers(rules) & ~pays_as_employer(rules))
    is_for_all = is_outside & F.coalesce(F.col("num_signers") > rules.max_contract_signers, F.lit(False))
    return (
        F.when(F.col(Services.sends_to).isNotNull(), F.lit("deposit"))
        .when(is_omnibus, F.lit("exchange"))
        .when(is_for_all | is_payroll, F.lit("disperser"))
        .when(is_busy & ~is_operator(rules, senders, recipients) & ~funds_newcomers(rules), F.lit("hub"))
    )


def is_operator(rules: settings.Services, senders: Column, recipients: Column) -> Column:
    """One operator's wallet: few ever paid it and it pays many, or the other way round, a collector.

    It takes part itself, or those it deals with do, or they had their very first coins from it.
    """
    few, many = rules.max_operator_senders, rules.max_operator_recipients
    one_sided = ((senders <= few) & (recipients <= many)) | ((recipients <= few) & (senders <= many))
    first_share = _counted("num_first_funded") / F.greatest(recipients, F.lit(1))
    own = F.col("takes_part") | (F.col("counterparty_share") >= rules.min_operator_share)
    own = own | ((senders <= few) & (first_share >= rules.min_operator_fresh))
    return one_sided & own


def funds_newcomers(rules: settings.Services) -> Column:
    """Whether the newcomers it paid are a farm rather than customers, whomever else it deals with.

    Newcomers had not acted before it paid them: those who take part, and wallets that passed its coins on. Payments to
    addresses with a history change nothing here, but for hundreds of them; what others paid in, over weeks, and later
    got back does, as at an exchange. Not claimed: an operator that also pays the first coins of many strangers passes
    for a service, at a payment above dust for each; so does one whom wallets with coins of their own pay for weeks and
    which pays them back, and a collector of coins that never funded anybody and pays others.
    """
    own, idle = _counted("num_newcomers") + _counted("num_between"), _counted("num_idle")
    at_once = _within_days("newcomers_within_s", rules) & (own <= rules.max_burst_recipients)
    at_once = at_once & (own >= rules.min_operator_share * (own + idle))
    is_small = (own <= rules.max_operator_recipients) & (own >= rules.min_operator_fresh * (own + idle))
    others = F.greatest(F.col(Services.num_counterparties), _counted("num_participants_paid")) - own
    few_others = others <= F.greatest(F.lit(rules.max_operator_strangers), own)
    paid_first = F.greatest(F.lit(rules.max_operator_senders), rules.max_customer_share * own)
    serves = (F.col("num_served") > paid_first) & ~_within_days("served_within_s", rules)
    return (own > 0) & (at_once | is_small) & few_others & (F.col("num_customers") <= paid_first) & ~serves


def pays_as_employer(rules: settings.Services) -> Column:
    """Those it knew got about what newcomers did, and it took these on over weeks or goes on paying them.

    Not claimed: an operator that does both, with real money and for weeks, passes for an employer.
    """
    coins, usd = (F.col(f"others_{what}") >= rules.min_like_share * F.col(f"newcomers_{what}") for what in PAID_IN)
    alike = F.coalesce(F.when(F.col("newcomers_coins").isNotNull(), coins).otherwise(usd), F.lit(False))
    return alike & ~(_within_days("newcomers_within_s", rules) & _within_days("newcomers_served_s", rules))


def _counted(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0))


def _within_days(name: str, rules: settings.Services) -> Column:
    """Unknown is not within days."""
    return F.coalesce(F.col(name) <= rules.operator_days * 86400, F.lit(False))


def why(rules: settings.Services) -> Column:
    """The sentence a person reads."""
    kind, basis = F.col(Services.kind), F.col(Services.basis)
    listed = F.format_string("The list %s calls it %s.", F.col(Services.source), kind)
    hub = F.format_string(
        "It dealt with %s (%d paid it, it paid %d); more than one person's wallet does.",
        counted_in(Services.num_counterparties, "address", "addresses"),
        F.col(Services.num_senders),
        F.col(Services.num_recipients),
    )
    own = F.format_string(
        "%s paid it and nearly all went on to %s, an exchange: it belongs to one customer.",
        counted_in(Services.num_senders, "address", "addresses"),
        F.col(Services.sends_to),
    )
    memos = counted_in(Services.num_memos, "different memo")
    omnibus = F.format_string("It was paid with %s: each is a customer.", memos)
    payroll = F.format_string(
        "Of the participants it paid only %.0f%% had not acted before: employers pay so, operators fund fresh wallets.",
        100 * F.col(Services.fresh_share),
    )
    for_all = F.format_string(
        "%s had it pay others: a contract for everybody.", counted_in("num_signers", "person", "people")
    )
    is_for_all = F.coalesce(F.col("num_signers") > rules.max_contract_signers, F.lit(False))
    payroll = F.when(is_for_all, for_all).otherwise(payroll)
    said = F.when(kind == "deposit", own).when(kind == "exchange", omnibus).when(kind == "disperser", payroll)
    return (
        F.when(basis == "label", listed)
        .when(basis == "settings", F.lit("Mints and burns go through it."))
        .otherwise(said.otherwise(hub))
    )


def labelled(labels: DataFrame, rules: settings.Services) -> DataFrame:
    """Addresses that a list calls by a word the settings map to a service kind."""
    kinds = F.create_map(*[F.lit(x) for pair in sorted(rules.label_kinds.items()) for x in pair])
    kind = F.try_element_at(kinds, F.col(Labels.label))
    said = F.struct(Labels.source, Labels.label, Labels.name, Labels.listed_at)
    first = labels.withColumn(Services.kind, kind).where(F.col(Services.kind).isNotNull())
    first = first.groupBy(Labels.chain, Labels.address, Services.kind).agg(F.min(said).alias("_said"))
    return first.select(
        Services.chain,
        Services.address,
        Services.kind,
        F.lit("label").alias(Services.basis),
        *[F.col(f"_said.{name}").alias(name) for name in (Labels.source, Labels.name, Labels.listed_at)],
    )


def null_addresses(transfers: DataFrame, chains: Mapping[str, settings.Chain]) -> DataFrame:
    """Mints and burns of the chains that occur."""
    nulls = F.create_map(*[F.lit(x) for name, rules in chains.items() for x in (name, rules.null_address)])
    found = transfers.select(F.col(Transfers.chain).alias(Services.chain)).distinct()
    found = found.withColumn(Services.address, F.try_element_at(nulls, F.col(Services.chain)))
    found = found.where(F.col(Services.address).isNotNull()).withColumn(Services.kind, F.lit("null"))
    return found.withColumns(_nobody_said("settings"))


def _nobody_said(basis: str) -> dict[str, Column]:
    """Where no list speaks."""
    missing = F.lit(None)
    return {
        Services.basis: F.lit(basis),
        Services.source: missing.cast("string"),
        Services.name: missing.cast("string"),
        Services.listed_at: missing.cast("timestamp"),
    }
