"""Every column of every table, once. `schemas/` is written from here.

Longer than 200 lines because it is one list: the place to look a column up.
"""

from typing import ClassVar

import pyarrow as pa

from abuse import words
from abuse.contract import Check, Field, Table

TEXT = pa.string()
WHEN = pa.timestamp("us", tz="UTC")
WHOLE = pa.int64()
REAL = pa.float64()
YES_NO = pa.bool_()
TEXTS = pa.list_(TEXT)
BYTES = pa.binary()

EVIDENCE = pa.struct(
    [
        ("kind", TEXT),
        ("chain", TEXT),
        ("tx_hash", TEXT),
        ("from", TEXT),
        ("to", TEXT),
        ("at", WHEN),
        ("amount", REAL),
        ("asset", TEXT),
        ("n", WHOLE),
        ("source", TEXT),
    ]
)
STANDING = pa.struct([("feature", TEXT), ("value", REAL), ("share_below", REAL)])
MOVED = pa.struct([("family", TEXT), ("log_odds", REAL)])
WITHOUT = pa.struct([("account", TEXT), ("probability", REAL)])
VERDICTS = words.VERDICTS
SERVICE_KINDS = ("exchange", "bridge", "mixer", "faucet", "disperser", "router", "relayer", "hub", "deposit", "null")
LINK_KINDS = ("first_gas", "direct", "disperse", "counterparty", "sweep", "deposit", "co_activity")
EVENT_KINDS = ("act", "call", "paid", "pays", "paid_token", "pays_token")
EVENT_ROLES = ("service", "funder", "member", "sink", "contract", "other", "none")
EVIDENCE_KINDS = ("money", "sink", "sequence", "time", "identity")


class Fact(Table):
    """A row of a source file, stored once whoever reads it."""

    place = "work"
    partitions = ("file_digest",)
    is_promised = True
    source = Field(TEXT, "name of the source in the campaign file", required=True)
    file_digest = Field(TEXT, "digest of the files and of how they were read", required=True)


class Participation(Fact):
    """An action, or a summary of the actions, of an account in a campaign."""

    key = ("campaign_id", "account", "position")
    version = 2
    campaign_id = Field(TEXT, "the campaign", required=True)
    account = Field(TEXT, "the campaign's own id of who takes part", required=True)
    account_as_given = Field(TEXT, "the account as the campaign wrote it")
    position = Field(TEXT, "which action of the account, sortable as text, and a digest of what it says", required=True)
    at = Field(WHEN, "when it was done; empty where the source does not say", unit="UTC")
    action = Field(TEXT, "what was done, in the campaign's words")
    num_actions = Field(WHOLE, "how many actions the row stands for", required=True)
    volume_usd = Field(REAL, "value moved", unit="US dollars", low=0)
    reward = Field(REAL, "reward earned", unit="the campaign's own", low=0)
    reward_exact = Field(TEXT, "the same with every digit, as text")
    tx_hash = Field(TEXT, "the transaction, where the source gives it")


class AccountAddresses(Fact):
    """An address that belongs to an account."""

    key = ("campaign_id", "account", "chain", "address", "valid_from")
    campaign_id = Field(TEXT, "the campaign", required=True)
    account = Field(TEXT, "the campaign's own id of who takes part", required=True)
    chain = Field(TEXT, "chain of the address", required=True)
    address = Field(TEXT, "the address in canonical text", required=True)
    valid_from = Field(WHEN, "since when; empty means always", unit="UTC")
    valid_to = Field(WHEN, "until when, that instant left out; empty means that it still does", unit="UTC")
    on_every_chain = Field(
        YES_NO, "whether the source names no chain for it, so that it is the account's wherever such an address occurs"
    )


class Transfers(Fact):
    """One movement of value. Pair-only sources give one row for all movements of a pair."""

    key = ("chain", "tx_hash", "movement")
    version = 2
    chain = Field(TEXT, "name of the chain", required=True)
    event_date = Field(pa.date32(), "day of the movement, UTC")
    tx_hash = Field(TEXT, "the transaction; empty in pair-only sources")
    position = Field(
        TEXT, "place in the transaction, sortable as text; a synthetic key where there is none", required=True
    )
    movement = Field(
        TEXT,
        "which movement of the transaction, whichever vendor tells of it: a digest of who paid whom how much of what, "
        "and `#2`, `#3` ... of those alike",
        required=True,
    )
    kind = Field(TEXT, "what moved", required=True, allowed=("native", "internal", "token"))
    block_number = Field(WHOLE, "block")
    tx_index = Field(WHOLE, "place of the transaction in its block")
    at = Field(WHEN, "block time; empty in pair-only sources", unit="UTC")
    sender = Field(TEXT, "address that paid", required=True)
    recipient = Field(TEXT, "address that was paid", required=True)
    asset = Field(TEXT, "`native` or the token's address; empty in pair-only sources")
    amount_raw = Field(
        TEXT, "exact amount as a whole number in text; a uint256 fits no decimal", unit="the asset's smallest unit"
    )
    amount = Field(REAL, "amount where the decimals are known", unit="whole coins or tokens", low=0)
    amount_usd = Field(REAL, "value where a price is known", unit="US dollars", low=0)
    initiator = Field(TEXT, "address that signed the transaction, where known")
    memo = Field(TEXT, "memo or tag, on chains that have them")
    num_transfers = Field(WHOLE, "movements the row stands for", required=True)
    observed_at = Field(WHEN, "date of a pair-only source", unit="UTC")


class Calls(Fact):
    """One transaction that an address signed, whatever it moved and whether it succeeded."""

    key = ("chain", "tx_hash")
    chain = Field(TEXT, "name of the chain", required=True)
    tx_hash = Field(TEXT, "the transaction", required=True)
    caller = Field(TEXT, "address that signed it", required=True)
    callee = Field(TEXT, "address it called or paid; empty when it creates a contract")
    selector = Field(TEXT, "first four bytes of the input, which name the method; empty for a plain payment")
    block_number = Field(WHOLE, "block")
    tx_index = Field(WHOLE, "place in its block")
    at = Field(WHEN, "block time", required=True, unit="UTC")
    nonce = Field(WHOLE, "transactions its signer had made before")
    tip_wei = Field(WHOLE, "what the signer offers the block's producer per unit of gas", unit="wei")
    is_ok = Field(YES_NO, "whether it succeeded; empty when unknown")


class Labels(Fact):
    """What a list says of an address. Being a contract is a label too."""

    key = ("source", "chain", "address", "label")
    chain = Field(TEXT, "chain the list speaks of", required=True)
    address = Field(TEXT, "the address in canonical text", required=True)
    label = Field(TEXT, "one word of the list, lower case", required=True)
    name = Field(TEXT, "the name the list gives; attacker-written text")
    listed_at = Field(WHEN, "date of the list; empty means it applies to all dates", unit="UTC")


class Quarantine(Fact):
    """A row that broke its contract, with every reason that applies."""

    key = ("source", "file_digest", "row_digest")
    row_digest = Field(TEXT, "digest of the raw row", required=True)
    table = Field(TEXT, "table the row was meant for", required=True)
    reasons = Field(TEXTS, "every rule it breaks", required=True, filled=True)
    row = Field(TEXT, "the raw row as JSON; attacker-written text", required=True)


class FirstFunders(Table):
    """What first let an address act, or its own first act, over the facts of one layer: a cache, used only where it is
    before as_of. The layers of a run's facts together say it for all of them: the least of each.
    """

    key = ("layer", "chain", "address", "what")
    partitions = ("layer",)
    layer = Field(TEXT, "digest of the facts and rules the row was made of", required=True)
    chain = Field(TEXT, "chain", required=True)
    address = Field(TEXT, "the address", required=True)
    what = Field(TEXT, "which of the two the row says", required=True, allowed=("paid", "acted"))
    funder = Field(TEXT, "who made the first payment that suffices for a transaction; empty when nobody did")
    tx_hash = Field(TEXT, "that payment")
    at = Field(WHEN, "when", unit="UTC")
    block_number = Field(WHOLE, "its block")
    tx_index = Field(WHOLE, "place of its transaction in the block")
    position = Field(TEXT, "its place in the transaction, sortable as text")
    amount = Field(REAL, "how much", unit="whole coins")
    asset = Field(TEXT, "what")
    source = Field(TEXT, "source of the row")
    acted_at = Field(WHEN, "the first movement the address signed; empty when it signed none", unit="UTC")
    acted_block = Field(WHOLE, "its block")
    acted_index = Field(WHOLE, "place of its transaction in the block")


class PerRun(Table):
    """A slice of one campaign at one as_of."""

    partitions = ("campaign_id", "as_of")
    campaign_id = Field(TEXT, "the campaign", required=True)
    as_of = Field(WHEN, "only facts strictly before this count", required=True, unit="UTC")
    run_id = Field(TEXT, "digest of everything the run was made of", required=True)


class Published(PerRun):
    """A per-run table that `publish` copies to `LAKE/<table>`."""

    place = "public"
    is_promised = True


class Participants(PerRun):
    """An account that took part before as_of."""

    key = ("account",)
    checks = (
        Check(
            "first_not_after_last",
            "coalesce(first_action_at <= last_action_at, true)",
            "its first action is not after its last, where both are known",
        ),
    )
    account = Field(TEXT, "the campaign's own id", required=True)
    account_as_given = Field(TEXT, "the account as the campaign wrote it")
    bad_row = Field(TEXT, "why none of its rows could be read; empty of who can be judged")
    first_action_at = Field(WHEN, "first action; empty where its time is unknown or says nothing", unit="UTC")
    last_action_at = Field(WHEN, "last action before as_of of known time; empty where there is none", unit="UTC")
    first_tx_hash = Field(TEXT, "transaction of the first action, where known")
    num_actions = Field(WHOLE, "actions before as_of", required=True)
    volume_usd = Field(REAL, "value moved before as_of", unit="US dollars", low=0)
    reward = Field(REAL, "reward earned before as_of", unit="the campaign's own", low=0)
    reward_exact = Field(TEXT, "the same with every digit, as text")


class ParticipantAddresses(PerRun):
    """An address of a participant; its trails are per address, its verdict per account. What an address did before it
    was the account's, after that, or on another chain says nothing of the account.
    """

    key = ("account", "chain", "address", "valid_from")
    account = Field(TEXT, "the campaign's own id", required=True)
    chain = Field(TEXT, "chain of the address", required=True)
    address = Field(TEXT, "the address", required=True)
    valid_from = Field(WHEN, "since when; empty means always", unit="UTC")
    valid_to = Field(WHEN, "until when, that instant left out; empty means that it still is", unit="UTC")
    on_every_chain = Field(
        YES_NO, "whether it is the account's on every chain where such an address occurs; empty means that it is"
    )
    has_transfers = Field(YES_NO, "whether any movement of it is known: unknown is not clean", required=True)


class Services(Published):
    """An address that serves many: it ends trails and links nobody. A deposit address is here too: it belongs to one
    customer of an exchange, so it ends trails and links those who pay into it.
    """

    key = ("chain", "address", "kind")
    chain = Field(TEXT, "chain the label speaks of; of the address's own movements when inferred", required=True)
    address = Field(TEXT, "the address", required=True)
    kind = Field(TEXT, "what it serves as", required=True, allowed=SERVICE_KINDS)
    basis = Field(TEXT, "why it is here", required=True, allowed=("label", "inferred", "settings"))
    source = Field(TEXT, "the list that says so")
    name = Field(TEXT, "the name the list gives; attacker-written text")
    listed_at = Field(WHEN, "date of the list", unit="UTC")
    num_senders = Field(WHOLE, "distinct addresses that paid it")
    num_recipients = Field(WHOLE, "distinct addresses it paid")
    num_counterparties = Field(WHOLE, "distinct addresses it dealt with")
    one_way_share = Field(REAL, "share of its counterparties it dealt with in one direction only", unit="0 to 1")
    participant_share = Field(REAL, "share of the addresses it paid that take part", unit="0 to 1")
    fresh_share = Field(REAL, "share of the participants it paid that had not acted before", unit="0 to 1")
    num_memos = Field(WHOLE, "distinct memos it was paid with, on chains that have them")
    sends_to = Field(TEXT, "for a deposit address, the exchange wallet its money goes on to")
    is_contract = Field(YES_NO, "whether a list says it is a contract")
    why = Field(TEXT, "why it is here, in one sentence", required=True)


class Trails(PerRun):
    """One hop of where an address's coins came from, or where they went after the reward."""

    key = ("kind", "chain", "address", "begun_at", "hop")
    kind = Field(TEXT, "direction of the trail", required=True, allowed=("first_gas", "sweep"))
    chain = Field(TEXT, "chain", required=True)
    address = Field(TEXT, "participant's address the trail starts at", required=True)
    begun_at = Field(
        WHEN,
        "payment to or from the address itself: the trail is of the account whose the address then was",
        unit="UTC",
    )
    hop = Field(pa.int32(), "1 is the address's own funder or destination", required=True)
    reached = Field(TEXT, "address found at this hop", required=True)
    funded = Field(TEXT, "address paid at this hop", required=True)
    tx_hash = Field(TEXT, "the payment", required=True)
    at = Field(WHEN, "when", required=True, unit="UTC")
    amount = Field(REAL, "how much", unit="whole coins or tokens")
    asset = Field(TEXT, "what")
    source = Field(TEXT, "source of the row")
    ended_by = Field(TEXT, "why the trail goes no further; empty when it does", allowed=("service", "cycle", "depth"))


class Links(Published):
    """A reason to tie two accounts, with the movements that make it."""

    key = ("src", "dst", "kind")
    checks = (Check("ends_in_order", "src < dst", "the two ends differ and stand in order, so a pair is there once"),)
    src = Field(TEXT, "account that sorts first", required=True)
    dst = Field(TEXT, "the other account", required=True)
    kind = Field(TEXT, "what ties them", required=True, allowed=LINK_KINDS)
    evidence_kind = Field(TEXT, "what sort of evidence that is", required=True, allowed=EVIDENCE_KINDS)
    via = Field(TEXT, "shared address or transaction between them; empty when they dealt directly")
    strength = Field(WHOLE, "movements behind the link", required=True, low=1)
    evidence = Field(pa.list_(EVIDENCE), "the first of those movements", required=True, filled=True)
    is_known = Field(
        YES_NO,
        "whether the data would show it if the shared address served many: it has dealings with others than "
        "participants, or such addresses of that source have. Else the link is no evidence. Empty means that it is",
    )
    begun_by_payment = Field(
        TEXTS,
        "which of the two accounts began by a transaction that a link of money or cash-out rests on, so that when they "
        "began is no evidence of its own",
    )


class Clusters(Published):
    """Accounts that money and behaviour tie together; two or more."""

    key = ("cluster_id",)
    cluster_id = Field(TEXT, "digest of the campaign and the founder", required=True)
    founder = Field(TEXT, "member with the earliest first action", required=True)
    size = Field(WHOLE, "members", required=True, low=2)
    num_links = Field(WHOLE, "pairs of members tied directly", required=True, low=1)
    shape = Field(TEXT, "how the links lie", allowed=("pair", "star", "chain", "tree", "mesh"))
    core_funder = Field(TEXT, "the address most links go through")
    core_kind = Field(TEXT, "the kind of those links: what that address is to the members", allowed=LINK_KINDS)
    num_cut = Field(WHOLE, "pairs of its members and others that were tied and are cut as too weak", required=True)
    is_giant = Field(YES_NO, "over the size limit: not believed, and nobody in it is disqualified", required=True)


class ClusterMembers(Published):
    """An account in a cluster."""

    key = ("cluster_id", "account")
    cluster_id = Field(TEXT, "the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    role = Field(TEXT, "place in the cluster", required=True, allowed=("founder", "core", "leaf"))
    num_neighbours = Field(WHOLE, "members tied to it directly", required=True)
    link_kinds = Field(TEXTS, "kinds of link that hold it", required=True)
    strength = Field(WHOLE, "movements behind its links", required=True)
    num_cut = Field(WHOLE, "accounts outside the cluster it was tied to, cut as too weak", required=True)
    is_weak = Field(
        YES_NO,
        "payments with one member are all that holds it, as they may an acquaintance: never disqualified",
        required=True,
    )


class ClusterLineage(Published):
    """How a cluster came from the published slice before: one row per pair that shares members, and one for each
    cluster that shares none.
    """

    key = ("cluster_id", "parent_id")
    checks = (
        Check("of_a_cluster", "cluster_id IS NOT NULL OR parent_id IS NOT NULL", "it names a cluster or its parent"),
    )
    cluster_id = Field(TEXT, "cluster of this slice; empty when the parent is gone")
    parent_id = Field(TEXT, "cluster of the slice before; empty when the cluster is new")
    change = Field(
        TEXT,
        "what happened: merged when the cluster has several parents, split when the parent has several heirs, else how "
        "the one became the other; changed means that it both won and lost members",
        required=True,
        allowed=("same", "grew", "shrank", "changed", "merged", "split", "new", "gone"),
    )
    num_shared = Field(WHOLE, "members of both", required=True)
    parent_as_of = Field(WHEN, "the slice before", required=True, unit="UTC")


class Features(PerRun):
    """A cluster and one of its members, described; cluster figures repeat on every member."""

    key = ("cluster_id", "account")
    cluster_id = Field(TEXT, "the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    size = Field(WHOLE, "members of the cluster", required=True)
    median_gap_s = Field(REAL, "Half of the members began within this long of the member before them.", unit="seconds")
    median_gap_upper_s = Field(REAL, "95% upper bound of that median, from the order statistics", unit="seconds")
    gap_s = Field(REAL, "The member nearest in time began this long before or after it.", unit="seconds")
    time_partners = Field(
        WHOLE,
        "Other members whose first action lies within the time window of its own; one that moved a tie's money is left "
        "out.",
        required=True,
    )
    time_expected = Field(
        REAL, "So many would, had members begun whenever the campaign's participants did.", required=True
    )
    money_partners = Field(WHOLE, "Other members it is tied to by money.", required=True)
    sink_partners = Field(WHOLE, "Other members it shares a destination with.", required=True)
    sequence_partners = Field(
        WHOLE, "Other members that did the same in the same order at a constant lag.", required=True
    )
    unknown_partners = Field(
        WHOLE, "Other members it is tied to through an address of which nothing else is known; they are no evidence."
    )


class ClusterFeatures(PerRun):
    """A cluster in figures a reviewer understands. A figure is empty where nothing is known, never 0 for unknown."""

    key = ("cluster_id",)
    cluster_id = Field(TEXT, "the cluster", required=True)
    # time
    median_gap_s = Field(REAL, "Half of the members began within this long of the member before them.", unit="seconds")
    median_gap_upper_s = Field(
        REAL, "With 95% confidence that median is at most this, from the order statistics.", unit="seconds"
    )
    gap_cv = Field(
        REAL, "How uneven the gaps between consecutive beginnings are: near 0 like a clock, 1 by chance.", unit="ratio"
    )
    gap_evenness = Field(
        REAL, "Distance of those gaps from a draw evenly between their least and greatest.", unit="0 to 1"
    )
    begin_iqr_s = Field(REAL, "The middle half of the members began within this long.", unit="seconds")
    begin_span_s = Field(REAL, "From the first member's beginning to the last one's.", unit="seconds")
    end_iqr_s = Field(REAL, "The middle half of the members did their last action within this long.", unit="seconds")
    begin_day = Field(REAL, "The middle member began this long after the campaign's first action.", unit="days")
    together_share = Field(REAL, "Members that others began within the time window of, on average.", unit="0 to 1")
    together_surprise = Field(
        REAL, "How far that is above what the campaign's own crowd explains, on average.", unit="standard deviations"
    )
    hour_concentration = Field(
        REAL, "How closely all actions keep to one hour of the day: 1 one hour, 0 all day.", unit="0 to 1"
    )
    # behaviour
    actions_mean = Field(REAL, "Campaign actions of a member, on average.", unit="actions")
    actions_cv = Field(REAL, "How much the members' numbers of actions differ.", unit="ratio")
    volume_cv = Field(REAL, "How much the values the members moved in the campaign differ.", unit="ratio")
    volume_mode_share = Field(REAL, "Members whose moved value is the most common one, to two digits.", unit="0 to 1")
    num_words = Field(REAL, "Different campaign actions among all members.", unit="actions")
    same_tasks_share = Field(REAL, "Members that did the most common list of actions, in any order.", unit="0 to 1")
    same_order_share = Field(REAL, "Members that did the most common list of actions, in its order.", unit="0 to 1")
    task_overlap = Field(REAL, "Share of actions that two members have in common, on average.", unit="0 to 1")
    order_overlap = Field(
        REAL, "Share of steps from one action to the next that two members have in common, on average.", unit="0 to 1"
    )
    pause_s = Field(REAL, "The middle pause between a member's own actions.", unit="seconds")
    pause_spread = Field(REAL, "Spread of those pauses, as a logarithm: .7 means a factor of two.", unit="log seconds")
    span_cv = Field(REAL, "How much the time from first to last action differs between members.", unit="ratio")
    step_lag_spread = Field(
        REAL, "How far members drift from the pace of the middle member, as a logarithm.", unit="log seconds"
    )
    calls_mean = Field(REAL, "Transactions a member signed, on average.", unit="transactions")
    calls_cv = Field(REAL, "How much the members' numbers of transactions differ.", unit="ratio")
    num_selectors = Field(REAL, "Different methods the members called.", unit="methods")
    same_selectors_share = Field(REAL, "Members that called the most common set of methods.", unit="0 to 1")
    selector_overlap = Field(REAL, "Share of methods that two members have in common, on average.", unit="0 to 1")
    outside_share = Field(REAL, "Transactions that are no campaign action, of all the members'.", unit="0 to 1")
    outside_cv = Field(REAL, "How much the members' numbers of other transactions differ.", unit="ratio")
    failed_share = Field(REAL, "Transactions that failed.", unit="0 to 1")
    tip_mode_share = Field(REAL, "Transactions with the cluster's most common tip.", unit="0 to 1")
    tip_cv = Field(REAL, "How much the members' usual tips differ.", unit="ratio")
    prior_calls = Field(REAL, "Transactions the middle member had signed before its first action.", unit="transactions")
    prior_cv = Field(REAL, "How much that differs between members.", unit="ratio")
    # funding
    known_funder_share = Field(REAL, "Members whose first funder is known.", unit="0 to 1")
    same_funder_share = Field(
        REAL,
        "Members whose first coins came from the cluster's most common funder that serves not many.",
        unit="0 to 1",
    )
    same_service_share = Field(
        REAL, "Members whose first coins came from the most common exchange, bridge or other service.", unit="0 to 1"
    )
    service_share = Field(REAL, "Members whose first coins came from a service.", unit="0 to 1")
    member_funded_share = Field(REAL, "Members whose first coins came from another member.", unit="0 to 1")
    funder_entropy = Field(REAL, "How many funders there are: 0 one, 1 each member its own.", unit="0 to 1")
    same_origin_share = Field(REAL, "Members whose trail ends at the cluster's most common origin.", unit="0 to 1")
    trail_hops = Field(REAL, "Hops of a member's funding trail, on average.", unit="hops")
    one_payment_share = Field(REAL, "Members paid in the same transaction as another member.", unit="0 to 1")
    funding_iqr_s = Field(
        REAL, "The middle half of the members got their first coins within this long.", unit="seconds"
    )
    funding_gap_s = Field(REAL, "Middle gap between the members' first payments.", unit="seconds")
    funding_gap_cv = Field(REAL, "How uneven those gaps are: near 0 like a clock, 1 by chance.", unit="ratio")
    funding_gap_evenness = Field(
        REAL, "Distance of those gaps from a draw evenly between their least and greatest.", unit="0 to 1"
    )
    funding_cv = Field(REAL, "How much the first payments differ.", unit="ratio")
    funding_mode_share = Field(
        REAL, "Members whose first payment is the most common one, to three digits.", unit="0 to 1"
    )
    funding_digits_share = Field(
        REAL, "Members whose first payment is written with the most common number of digits.", unit="0 to 1"
    )
    wait_s = Field(REAL, "The middle member's first action came this long after its first coins.", unit="seconds")
    wait_cv = Field(REAL, "How much that differs between members.", unit="ratio")
    order_agreement = Field(
        REAL, "Whether who was paid earlier began earlier: 1 the same order, 0 none, -1 the reverse.", unit="-1 to 1"
    )
    # sink
    swept_share = Field(REAL, "Members whose coins went on after the reward.", unit="0 to 1")
    same_sink_share = Field(REAL, "Members whose coins went to the cluster's most common destination.", unit="0 to 1")
    sink_entropy = Field(REAL, "How many destinations there are: 0 one, 1 each member its own.", unit="0 to 1")
    sink_member_share = Field(REAL, "Members whose coins went to another member.", unit="0 to 1")
    sink_iqr_s = Field(REAL, "The middle half of the members sent them on within this long.", unit="seconds")
    sink_gap_cv = Field(REAL, "How uneven the gaps between those payments are.", unit="ratio")
    sink_wait_s = Field(REAL, "The middle member sent them on this long after its last action.", unit="seconds")
    sink_cv = Field(REAL, "How much those payments differ.", unit="ratio")
    sink_order_agreement = Field(REAL, "Whether who began earlier sent them on earlier.", unit="-1 to 1")
    # structure
    size = Field(REAL, "Members of the cluster.", unit="accounts")
    density = Field(REAL, "Pairs of members tied, of all pairs.", unit="0 to 1")
    star_index = Field(REAL, "Ties of the best-tied member, of all it could have.", unit="0 to 1")
    leaf_share = Field(REAL, "Members tied to one other only.", unit="0 to 1")
    money_share = Field(REAL, "Members tied by money.", unit="0 to 1")
    sink_share = Field(REAL, "Members tied by a shared destination.", unit="0 to 1")
    sequence_share = Field(REAL, "Members tied by the same actions in step.", unit="0 to 1")


CLUSTER_FEATURES = tuple(name for name in ClusterFeatures.columns() if name not in (*PerRun.columns(), "cluster_id"))
"""What a scorer of clusters reads, in order."""
_FIRST = {"time": "median_gap_s", "behaviour": "actions_mean", "funding": "known_funder_share"}
_FIRST |= {"sink": "swept_share", "structure": "size"}
_STARTS = [CLUSTER_FEATURES.index(name) for name in _FIRST.values()]
FEATURE_FAMILIES = {
    family: CLUSTER_FEATURES[start:end]
    for family, start, end in zip(_FIRST, _STARTS, [*_STARTS[1:], len(CLUSTER_FEATURES)], strict=True)
}
"""Which part of a cluster's life a figure speaks of."""


class Events(PerRun):
    """One act of a member, with its relations to the others'."""

    key = ("cluster_id", "account", "position")
    cluster_id = Field(TEXT, "the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    position = Field(WHOLE, "order in time, from 0", required=True)
    at = Field(WHEN, "when", required=True, unit="UTC")
    kind = Field(TEXT, "what sort of act", required=True, allowed=EVENT_KINDS)
    what = Field(TEXT, "the campaign's word for an action, the method called, or the asset moved")
    counterparty = Field(TEXT, "the address at the other end")
    role = Field(TEXT, "what that address is to the member", required=True, allowed=EVENT_ROLES)
    amount = Field(REAL, "how much moved, where known", unit="whole coins or tokens")
    amount_digits = Field(WHOLE, "significant digits of that amount as written", unit="digits")
    same_amount_share = Field(REAL, "Other members with an act of this kind of the same amount.", unit="0 to 1")
    gap_s = Field(REAL, "time since the member's own act before; empty for its first", unit="seconds")
    sibling_lag_s = Field(REAL, "time to the nearest like act of another member", unit="seconds")
    siblings_near = Field(WHOLE, "like acts of other members within ten minutes", required=True)
    tip_wei = Field(WHOLE, "the tip of a call", unit="wei")
    tip_is_common = Field(YES_NO, "whether that is the cluster's most common tip")
    nonce = Field(WHOLE, "transactions the member had signed before, where known")
    is_ok = Field(YES_NO, "whether it succeeded; empty when unknown")
    campaign_day = Field(
        REAL,
        "since the campaign's first action; negative before it; 0 where no action's time is known",
        required=True,
        unit="days",
    )
    num_merged = Field(WHOLE, "like acts in a row that this one stands for", required=True)


class MemberTies(PerRun):
    """What a member is to its cluster: where it stands in the tree of first payments, and what it has in common."""

    key = ("cluster_id", "account")
    cluster_id = Field(TEXT, "the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    parent = Field(TEXT, "the member that paid its first coins; empty when none did")
    payer = Field(TEXT, "the address that paid them; empty when it serves many or nothing is known")
    sink = Field(TEXT, "where its coins went after the reward; empty when that serves many or nothing is known")
    is_served = Field(YES_NO, "whether a service paid its first coins; empty when nothing is known")
    is_sunk_at_service = Field(YES_NO, "whether its coins went to a service; empty when nothing is known")
    hops = Field(REAL, "hops of its funding trail", unit="hops")
    paid_with = Field(WHOLE, "other members paid in the same transaction; empty when nothing is known")
    same_payment_share = Field(REAL, "Other members whose first payment is the same, to three digits.", unit="0 to 1")
    paid_offset_s = Field(REAL, "its first coins, after the cluster's middle first coins", unit="seconds")
    begin_offset_s = Field(REAL, "its first action, after the cluster's middle first action", unit="seconds")
    sunk_offset_s = Field(REAL, "its coins going on, after the cluster's middle ones", unit="seconds")
    wait_s = Field(REAL, "from its first coins to its first action", unit="seconds")
    sink_wait_s = Field(REAL, "from its last action to its coins going on", unit="seconds")
    num_actions = Field(WHOLE, "its campaign actions", required=True)
    num_neighbours = Field(WHOLE, "members tied to it directly", required=True)
    time_partners = Field(WHOLE, "other members that began within the time window of its own beginning", required=True)
    time_surprise = Field(REAL, "how far that is above what the crowd explains", unit="standard deviations")
    money_partners = Field(WHOLE, "other members it is tied to by money", required=True)
    sink_partners = Field(WHOLE, "other members it shares a destination with", required=True)
    sequence_partners = Field(WHOLE, "other members that did the same in step", required=True)


class ClusterTokens(PerRun):
    """A cluster's members and acts in small whole numbers, as a network reads them. Written where one is asked."""

    key = ("cluster_id",)
    cluster_id = Field(TEXT, "the cluster", required=True)
    codec = Field(TEXT, "digest of the fields and bins that the numbers are of", required=True)
    content_digest = Field(TEXT, "digest of all the rest of the row but the cluster's name", required=True)
    num_tokens = Field(WHOLE, "rows of `tokens`", required=True)
    accounts = Field(TEXTS, "the members, by account", required=True)
    numbers = Field(
        BYTES,
        "of each member its tokens, the place of the member that paid it, and the numbers of its payer and sink among "
        "the members'; -1 where there is none; four-byte whole numbers, the least byte first",
        required=True,
    )
    members = Field(BYTES, "of each member its fields, a byte each", required=True)
    tokens = Field(BYTES, "of each member a row for itself and one for each act, a byte for each field", required=True)


class ScoreCache(Table):
    """What a network said of a cluster, kept by content: a killed step and the next night ask only what is new."""

    key = ("campaign_id", "model_version", "device", "content_digest", "account")
    partitions = ("campaign_id",)
    campaign_id = Field(TEXT, "the campaign; a finished step leaves the rows of its own slice alone", required=True)
    model_version = Field(TEXT, "which scorer", required=True)
    device = Field(TEXT, "what it ran on, and in which precision", required=True)
    content_digest = Field(TEXT, "digest of all that was read of the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    score = Field(REAL, "probability that the cluster is a farm", required=True, unit="probability")
    score_lower = Field(REAL, "lower bound of that probability", required=True, unit="probability")
    member_score = Field(REAL, "probability that the member belongs", required=True, unit="probability")
    why = Field(TEXT, "why, as JSON; of the clusters that are explained, in one of their rows")


class Scores(Published):
    """How likely a cluster is a farm, and a member part of it."""

    key = ("cluster_id", "account")
    cluster_id = Field(TEXT, "the cluster", required=True)
    account = Field(TEXT, "the member", required=True)
    score = Field(REAL, "probability that the cluster is a farm", required=True, unit="probability")
    score_lower = Field(
        REAL, "lower bound of that probability: what the policy reads", required=True, unit="probability"
    )
    member_score = Field(REAL, "probability that the member belongs", required=True, unit="probability")
    model_version = Field(TEXT, "which scorer", required=True)
    top_reasons = Field(TEXTS, "what moved the score most", required=True)


class Explanations(Published):
    """What the score of a cluster rests on, of those whose score is high enough to be asked about."""

    key = ("cluster_id",)
    cluster_id = Field(TEXT, "the cluster", required=True)
    standing = Field(
        pa.list_(STANDING),
        "figures that stand out, and which share of the campaign's like-sized clusters of a low score have less",
        required=True,
    )
    base = Field(REAL, "log-odds with all evidence hidden; empty where no network scored", unit="log-odds")
    moved = Field(pa.list_(MOVED), "what each family of evidence adds to that, exact Shapley values before calibration")
    lowering = Field(pa.list_(WITHOUT), "members without whom the probability is lowest, and what it then is")
    raising = Field(pa.list_(WITHOUT), "members without whom it is higher: whom it may be wrong to count in")
    core = Field(TEXTS, "fewest of the first without all of whom the policy's bound is not reached; empty where none")


class Decisions(Published):
    """The verdict on every participant."""

    key = ("account",)
    checks: ClassVar[tuple[Check, ...]] = (
        Check(
            "out_of_a_cluster",
            "machine_verdict <> 'disqualified' OR (cluster_id IS NOT NULL AND score_lower IS NOT NULL)",
            "whom the machine disqualifies is in a cluster with a score",
        ),
    )
    account = Field(TEXT, "the participant", required=True)
    account_as_given = Field(TEXT, "the participant as the campaign wrote it; attacker-written text")
    verdict = Field(TEXT, "what counts: the machine's verdict under people's", required=True, allowed=VERDICTS)
    machine_verdict = Field(TEXT, "what the policy alone says", required=True, allowed=VERDICTS)
    cluster_id = Field(TEXT, "its cluster, where it has one")
    score = Field(REAL, "probability that the cluster is a farm", unit="probability")
    score_lower = Field(REAL, "lower bound of that probability", unit="probability")
    member_score = Field(REAL, "probability that the account belongs", unit="probability")
    reasons = Field(TEXTS, "why, each `code: a sentence in plain words`", required=True, filled=True)
    evidence_kinds = Field(TEXTS, "independent kinds of evidence that hold", required=True)
    evidence = Field(pa.list_(EVIDENCE), "the movements and acts behind the reasons", required=True)
    rule_version = Field(TEXT, "the written policy", required=True)
    model_version = Field(TEXT, "the scorer", required=True)


class DisqualifiedAccounts(Decisions):
    """An account that is out: what ops and the payout job read."""

    checks = (*Decisions.checks, Check("is_out", "verdict = 'disqualified'", "everybody in it is out"))


class VerdictChanges(Published):
    """What changed for an account since the published slice before. Who is new counts as changed when flagged."""

    key = ("account",)
    checks = (Check("is_a_change", "NOT (before <=> after)", "the verdict before and the verdict now differ"),)
    account = Field(TEXT, "the account", required=True)
    before = Field(TEXT, "verdict in the slice before; empty when it took no part then", allowed=VERDICTS)
    after = Field(TEXT, "verdict now; empty when it takes no part any more", allowed=VERDICTS)
    why = Field(TEXTS, "the reasons that hold now and did not, then `no longer: ` those that did", required=True)
    before_as_of = Field(WHEN, "the slice before", required=True, unit="UTC")


class Standings(Table):
    """What people's word makes of an account: `authority.standings`, as the decision reads it. Stored nowhere."""

    key = ("account",)
    account = Field(TEXT, "the account", required=True)
    verdict = Field(TEXT, "instead of the machine's; empty leaves that", allowed=VERDICTS)
    reasons = Field(TEXTS, "people's reasons, before the machine's", required=True)


class Ledger(Table):
    """Written by delta-rs alone: one kind of writer per table."""

    place = "ledger"
    is_promised = True
    is_append_only = False


class AppendOnly(Ledger):
    """A ledger of which no row is ever changed or removed; Delta itself refuses."""

    is_append_only = True


class Reviews(AppendOnly):
    """What a person said of an account. Never changed: a later row counts instead, or takes it back."""

    key = ("review_id",)
    version = 2
    review_id = Field(TEXT, "digest of the decision and the account: one request, written twice, is one", required=True)
    decision_id = Field(TEXT, "the request it is part of: one row per account, all in one commit", required=True)
    campaign_id = Field(TEXT, "the campaign", required=True)
    run_id = Field(
        TEXT,
        "the publication it was held against; of whom it is about, the person was shown no other verdicts",
    )
    cluster_id = Field(TEXT, "the cluster the account was in there; empty when in none")
    account = Field(TEXT, "the account", required=True)
    action = Field(TEXT, "what was said", required=True, allowed=tuple(words.ACTIONS))
    member_set_digest = Field(TEXT, "digest of the members the person saw, the account alone where it had no cluster")
    others = Field(TEXTS, "on the first row of each cluster: its members that the decision is not about")
    reason_code = Field(TEXT, "why, from the list of codes", required=True, allowed=tuple(words.REASONS))
    note = Field(TEXT, "why, in words; a person's text")
    actor = Field(TEXT, "who", required=True)
    role = Field(TEXT, "in which role", required=True, allowed=words.ROLES)
    decided_at = Field(WHEN, "when, by the clock", required=True, unit="UTC")
    needs_approval = Field(YES_NO, "whether it counts only once an approver other than its author approves it")
    approves = Field(TEXT, "review_id that it lets count")
    supersedes = Field(TEXT, "review_id that no longer counts")


class Freezes(AppendOnly):
    """A campaign's list as it was handed to payout. Later reversals are a list of their own: `abuse reversals`."""

    key = ("freeze_id",)
    freeze_id = Field(TEXT, "digest of the publication: to freeze it again is the same", required=True)
    campaign_id = Field(TEXT, "the campaign", required=True)
    as_of = Field(WHEN, "the slice", required=True, unit="UTC")
    run_id = Field(TEXT, "the publication", required=True)
    attempt = Field(WHOLE, "which attempt of it", required=True)
    versions = Field(TEXT, "Delta version of every public table, as JSON", required=True)
    num_participants = Field(WHOLE, "accounts with a decision", required=True)
    num_disqualified = Field(WHOLE, "accounts on the list", required=True)
    num_in_review = Field(WHOLE, "accounts in doubt, which are not on it", required=True)
    list_digest = Field(TEXT, "digest of the accounts on the list", required=True)
    frozen_at = Field(WHEN, "when, by the clock", required=True, unit="UTC")
    actor = Field(TEXT, "who", required=True)
    note = Field(TEXT, "why or for what; a person's text")


class GateResults(Ledger):
    """A gate's answer about a run."""

    key = ("run_id", "attempt", "gate")
    run_id = Field(TEXT, "the run", required=True)
    attempt = Field(WHOLE, "which attempt", required=True)
    campaign_id = Field(TEXT, "the campaign", required=True)
    as_of = Field(WHEN, "the slice", required=True, unit="UTC")
    gate = Field(TEXT, "the gate", required=True)
    stage = Field(TEXT, "when it is asked", required=True, allowed=("inputs", "clusters", "outputs"))
    passed = Field(YES_NO, "its answer", required=True)
    value = Field(REAL, "what was measured", required=True)
    limit = Field(REAL, "what is allowed", required=True)
    message = Field(TEXT, "the answer in words", required=True)
    detail = Field(TEXT, "the first rows that break it, as JSON, where some do; attacker-written text")


class Runs(Ledger):
    """An attempt at a run. Its row is the commit point of a publication."""

    key = ("run_id", "attempt")
    run_id = Field(TEXT, "the run", required=True)
    attempt = Field(WHOLE, "1 for the first", required=True)
    campaign_id = Field(TEXT, "the campaign", required=True)
    as_of = Field(WHEN, "the slice", required=True, unit="UTC")
    status = Field(TEXT, "how it ended", required=True, allowed=("published", "held", "released", "failed"))
    finished_at = Field(WHEN, "when, by the clock", required=True, unit="UTC")
    seconds = Field(REAL, "how long it took", required=True, unit="seconds")
    versions = Field(TEXT, "Delta version of every public table, as JSON", required=True)
    report = Field(TEXT, "the run report, as JSON", required=True)
    actor = Field(TEXT, "who released it, when a person did")
    reason = Field(TEXT, "why it was released, or what failed")
    held_by = Field(TEXTS, "the gates that held it; releasing the run waives these and no other")


FACTS: list[type[Table]] = [Participation, AccountAddresses, Transfers, Calls, Labels, Quarantine, FirstFunders]
STEP_TABLES: list[type[Table]] = [
    Participants,
    ParticipantAddresses,
    Trails,
    Features,
    ClusterFeatures,
    Events,
    MemberTies,
    ClusterTokens,
    ScoreCache,
]
PUBLIC: list[type[Published]] = [
    Services,
    Links,
    Clusters,
    ClusterMembers,
    ClusterLineage,
    Scores,
    Explanations,
    Decisions,
    DisqualifiedAccounts,
    VerdictChanges,
]
LEDGERS: list[type[Ledger]] = [Reviews, Freezes, GateResults, Runs]
ALL: list[type[Table]] = [*FACTS, *STEP_TABLES, *PUBLIC, *LEDGERS]
RETIRED: tuple[str, ...] = ()
"""Promised tables of earlier releases that are no more: to take one away breaks its readers, so it is said here."""
