"""Every number of the system, with unit and reason. One TOML file (`--settings`) overrides any of them.

Longer than 200 lines because it is one list: the place to look a number up.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from abuse.bounds import (
    Amount,
    AmountOrNone,
    Count,
    CountOrNone,
    Seconds,
    SecondsOrNone,
    Several,
    Share,
    SomeShare,
    Within,
    require,
    require_bounds,
)
from abuse.errors import SettingsError
from abuse.toml import Reader


@dataclass(frozen=True, kw_only=True, slots=True)
class Spark:
    """The session, where we start it ourselves. Under spark-submit the cluster's own settings win, but for how small
    sources are planned.
    """

    master: str = "local[2]"
    """Spark master; two threads is what the smallest supported machine has."""
    profile: str = "auto"
    """How Spark plans: `small` saves planning and compiling, `large` saves work on rows; `auto` goes by the bytes of
    the sources. The rows are the same.
    """
    small_mib: Annotated[float, Within(0, 1e6, above=True)] = 64.0
    """Up to so many MiB of source files, as text, are small."""
    driver_memory: str = "auto"
    """Heap of the driver, such as 3g; in local mode it does all the work. `auto`: `small_heap_mib` for small sources,
    else `heap_share` of the machine's memory and at least `least_heap_mib`.
    """
    small_heap_mib: Annotated[int, Within(512, 1_000_000)] = 2048
    """MiB; with it a run of 2,000 accounts holds 2.7 GiB in all, Python's part included."""
    least_heap_mib: Annotated[int, Within(512, 1_000_000)] = 3072
    """MiB; Hop takes 5.3 GiB in all with it, and 6.2 with a quarter more."""
    heap_share: Annotated[float, Within(0, 0.9, above=True)] = 0.3
    """Of the machine's memory; the rest is for Python's workers, for files that are read again, and for others."""
    shuffle_partitions: Annotated[int, Within(1, 100_000)] = 4
    """Partitions after a shuffle. Small in local mode: 200 made a 1,000-edge component run take 69 s."""
    local_dir: str = ""
    """Scratch folder for shuffles; empty means Spark's default."""
    conf: dict[str, str] = field(default_factory=dict)
    """Further Spark settings by their own names; they win over ours."""

    def __post_init__(self) -> None:
        require_bounds(self)
        require("profile", self.profile, "auto, small or large", holds=self.profile in ("auto", "small", "large"))
        wanted = "no credentials: AWS's standard chain finds them"
        for name in self.conf:
            require("conf", name, wanted, holds=not re.search(r"fs\.s3.*(secret|access\.key|session\.token)", name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Jar:
    """One jar by its coordinates, believed only with this digest."""

    coordinates: str
    """group:artifact:version"""
    sha256: str
    """hex digest of the file"""


AWS_SDK = "2.29.52"
"""Of the AWS SDK that hadoop-aws 3.4.2 was built with, itself of Spark's Hadoop."""
AWS_SDK_JARS = {
    "annotations": "8cd8bd8afd7eca5a367f69fd87427f6d9f3e7d359962122da24d71f1963f00cd",
    "apache-client": "c96494be30ecac6f0ab7a35fdd91a4c77ca8a5daf62f3d9d84644ef0f0524dc6",
    "arns": "f5a4d1d9b4e4fc63c9bda49bcf1c59d23fd876b276c6b43aaca12969337303a6",
    "auth": "4d8143b6198dc7a530c2ccdd813129c132b96736086c0d4fea85480b9bdbc5fe",
    "aws-core": "eb560c064fbaac7e2e7f4a77ac343d3083bea0d7f6e2c69ba022d3f3e859be90",
    "aws-query-protocol": "1b117672963ee5059c45f2aadb110f191b578d108d8f08d7c7a59e6c0b098a8e",
    "aws-xml-protocol": "daf87b429373ad586d165003b5b1d4fe498c6472eb65ec9a9e2aa7d56f3917dd",
    "checksums": "bca99ff25c9b917d6be03e5dce78ad5328e7dca485e96024fa8476e4192a800a",
    "checksums-spi": "21193b9b648843dcaff493f0dd80abab9ee6871b203b9218120554698d8f7b8a",
    "crt-core": "4e1f33de21b688695fec91b977ddfa99e9d376edcbad06a62b0c138c60b37de4",
    "endpoints-spi": "e54f246c668d70b55cffe0c8fad18d4465e74e22db75139918bd30610093d1e6",
    "http-auth": "d8aa3bd376aaec7196396e65fe8755f1fdd169e51357f8128ecdc7d23a687450",
    "http-auth-aws": "7ae124e81ac0c2860bb61fdde34a388dbe823fef8509dd46a6bec805ada90308",
    "http-auth-aws-eventstream": "565a4aacce955c5ffaed551f6faaaa958e9e92b2f8514c8482f664edb2bab576",
    "http-auth-spi": "7a2168c5a7baa856d7ae9f9c4f7522d2db9f1361108c38f5b6ece66f249e6a2d",
    "http-client-spi": "8ea61ce3b527779fbfe119e0775c4b7cfdf274a979b1e50596a634685a5b6542",
    "identity-spi": "85104635abf9e5c044aaf7f8951b63efc2ef82051b5ee303571ee2e1fd8b46d0",
    "json-utils": "2652cdb3668311bcff6e643c8612b9fea266423ae1ce33743c84dd7f77904311",
    "metrics-spi": "1db2e3da338148ee40a716e1733c9a5b99e9e6daa4db3aa8bd7e718adafa2510",
    "netty-nio-client": "07238668c9cf54531ee269fd6e2a1e2650fb75d6774d401f406c2a14f26af654",
    "profiles": "fef84619d101838ba45f48d0caddb09a85d9ed8bf869095bd7d2064796856cf7",
    "protocol-core": "7b32e41a3743b422d2edec1670f60b4c1e512fcd5ab7a53fef20742d6b9104d1",
    "regions": "5ee0e26277c679ffa70d83923b0d5f77a53066ecde8610f28be1856947d60eaf",
    "retries": "ca3752ba31399721980c6398992921ff5aa164e084b4c14484333df58c76a353",
    "retries-spi": "a4218ea742fc9e07a620629d7a258bfd92b8ea3ef75f1b99193d0898ca3efe99",
    "s3": "abaedea7e68063e9c4ab090f80d14b9884c57b50953bfe6e5acaa23025609efa",
    "s3-transfer-manager": "0c9e654637247187a7e2494eb7a8799477a772a7d554cd3ae787cd3e3bae3c55",
    "sdk-core": "ea8e9856569f85075a8a806d0481c4bd848c98b24fd6d706fc0b5883fc4604dc",
    "sts": "6495d0457f4e4c3724d8c9c5fe4f6f98c9530a22f92449c4cca5fd03622e4edb",
    "third-party-jackson-core": "eaece3eb60beb8ec09d8a4f48d5bff4110010b03cc23688bdcf2af2eb075cac6",
    "utils": "f150a38f2fec14ced2de6459bfe804f647c88baa573b218646ef89b436a29d42",
}
"""What hadoop-aws calls and what that calls; http, netty and logging come with Spark. Its own bundle is 642 MB."""
S3_JARS = (
    Jar(
        coordinates="org.apache.hadoop:hadoop-aws:3.4.2",
        sha256="d2d24e6b715b5656b9d238bf13b6682a07e2004dd36aad74a73aeb854319f4d9",
    ),
    Jar(
        coordinates="software.amazon.eventstream:eventstream:1.0.1",
        sha256="0c37d8e696117f02c302191b8110b0d0eb20fa412fce34c3a269ec73c16ce822",
    ),
    Jar(
        coordinates="org.reactivestreams:reactive-streams:1.0.4",
        sha256="f75ca597789b3dac58f61857b9ac2e1034a68fa672db35055a8fb4509e325f28",
    ),
    *(Jar(coordinates=f"software.amazon.awssdk:{n}:{AWS_SDK}", sha256=sha256) for n, sha256 in AWS_SDK_JARS.items()),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Jars:
    """Resolved once through Ivy, checked, cached, then never looked up again."""

    needed: tuple[Jar, ...] = (
        Jar(
            coordinates="io.delta:delta-spark_4.1_2.13:4.4.0",
            sha256="75a9400986853c061f5109f012547de2545a5759e5e752e5ef633dabe16a4f10",
        ),
        Jar(
            coordinates="io.delta:delta-storage:4.4.0",
            sha256="c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
        ),
        Jar(
            coordinates="org.apache.sedona:sedona-spark-shaded-4.0_2.13:1.8.0",
            sha256="c847cec67cd06b43c7a2f67086fa56fd6044564a539128e598cf68262fe53a2f",
        ),
    )
    """Delta, and the GraphFrames 0.9 classes, which Sedona's jar carries and every mirror serves."""
    s3: tuple[Jar, ...] = S3_JARS
    """Only where a path says s3a: Hadoop's S3 file system and the parts of AWS's SDK it calls, 10 MB instead of 642."""
    cache: str = ""
    """Folder of checked jars; empty means ABUSE_CACHE or the user's cache folder."""
    ivy_settings: str = ""
    """An ivysettings.xml for a private mirror; empty means Ivy's default repositories."""


NATIVE = "native"
"""How an asset is named that is a chain's own coin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """How one chain writes addresses and what its coin is."""

    pattern: str = "^0x[0-9a-f]{40}$"
    """What a canonical address looks like (a regular expression)."""
    lower_case: bool = True
    """Whether case carries no meaning, so addresses are lowered first."""
    decimals: Annotated[int, Within(0, 77)] = 18
    """Digits after the point of the native coin."""
    native_usd: AmountOrNone = 0.0
    """Price used where a tokens source gives none, US dollars; 0 means unknown."""
    dust: Amount = 0.0005
    """A native movement below this, in coins, is dust: it links nobody."""
    min_first_gas: AmountOrNone = 0.0005
    """The least a first payment must be to pay for a first transaction, in coins; never less than `dust`, or dust
    could take its place."""
    null_address: str = "0x0000000000000000000000000000000000000000"
    """Mints and burns go through it; it is nobody's friend."""
    native_addresses: tuple[str, ...] = (
        "0x0000000000000000000000000000000000000000",
        "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
    )
    """What stands for the coin in a column of assets, where a file writes no `native` (the second is ERC-7528)."""

    def __post_init__(self) -> None:
        require_bounds(self)
        try:
            re.compile(self.pattern)
        except re.error:
            raise ValueError("pattern", self.pattern, "a regular expression") from None

    def canonical(self, text: str) -> str | None:
        """As facts write an address of this chain; None when it is none."""
        written = text.strip().lower() if self.lower_case else text.strip()
        return written if re.search(self.pattern, written) else None


BASE58 = "^[1-9A-HJ-NP-Za-km-z]{32,44}$"


def _chains() -> dict[str, Chain]:
    evm = ("ethereum", "polygon", "optimism", "arbitrum", "base", "bsc", "avalanche", "xdai", "linea", "zksync")
    return {name: Chain() for name in evm} | {
        "solana": Chain(
            pattern=BASE58,
            lower_case=False,
            decimals=9,
            dust=0.002,
            min_first_gas=0.002,
            null_address="1" * 32,
            native_addresses=("1" * 32,),
        ),
        "ton": Chain(
            pattern="^-?[0-9]+:[0-9a-f]{64}$",
            decimals=9,
            dust=0.02,
            min_first_gas=0.02,
            null_address="0:" + "0" * 64,
            native_addresses=("0:" + "0" * 64,),
        ),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingest:
    """What a source may get wrong before the night stops."""

    max_quarantine_share: Share = 0.05
    """Share of a source's rows in quarantine above which the night is held. One in twenty is a broken export."""
    max_conflict_share: Share = 0.001
    """Share of a source's rows that contradict each other above which the night is held. A few are a chain's own
    reorganisation; more are two exports whose numbering has nothing to do with each other."""
    max_unknown_status_share: Share = 0.05
    """Share of a source's transactions of unknown status, which are taken as successful, above which it is held."""
    max_stale_days: Annotated[float, Within(0, 3_650)] = 3.0
    """Days that the newest movement of a source may be before the cutoff, or before `settled_days` after the end of
    the campaign, whichever is first. A weekend's export that did not run is three."""
    settled_days: Annotated[float, Within(0, 3_650)] = 14.0
    """Days after a campaign's end in which rewards are claimed and sent on; later movements need not be known."""
    max_unowned_share: Share = 0.5
    """Share of the given addresses whose account takes no part above which the night is held. Where a list names
    accounts otherwise than the campaign does nobody's money is known; a list of all customers needs 1 here."""

    def __post_init__(self) -> None:
        require_bounds(self)


LABEL_KINDS = {
    "exchange": "exchange", "cex": "exchange", "dex": "router", "bridge": "bridge", "mixer": "mixer",
    "tornado-cash": "mixer", "tornado.cash": "mixer", "mixing": "mixer", "faucet": "faucet", "disperse": "disperser",
    "disperse.app": "disperser", "multisender": "disperser", "airdrop-distributor": "disperser", "router": "router",
    "defi": "router", "uniswap": "router", "sushiswap": "router", "curve-fi": "router", "balancer": "router",
    "1inch": "router", "0x-protocol": "router", "paraswap": "router", "kyber-network": "router", "aave": "router",
    "compound": "router", "opensea": "router", "token-contract": "router", "gnosis-safe": "router",
    "relayer": "relayer", "gas-station-network": "relayer", "mining": "relayer", "mev-bot": "relayer",
    "binance": "exchange", "coinbase": "exchange", "kraken": "exchange", "kucoin": "exchange", "huobi": "exchange",
    "okex": "exchange", "ftx": "exchange", "bitfinex": "exchange", "gate-io": "exchange", "crypto-com": "exchange",
    "hop-protocol": "bridge", "connext": "bridge", "celer-network": "bridge", "synapse": "bridge", "wormhole": "bridge",
    "multichain": "bridge", "across": "bridge", "polygon": "bridge", "burn": "null", "genesis": "null",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Who serves many, and so links nobody."""

    label_kinds: dict[str, str] = field(default_factory=lambda: dict(LABEL_KINDS))
    """Words of the label lists that make an address a service, and of which kind. Other words count for nothing."""
    max_counterparties: Several = 50
    """A participant with more distinct counterparties than this is a hub. On Hop 30 loses recall, 100 precision."""
    max_outside_counterparties: Count = 10
    """The same outside it, where strangers get merged. On Hop 20 leaves a component of 5,154, 10 of 2,475."""
    max_operator_senders: CountOrNone = 3
    """An address that so few ever paid and that itself pays many is one operator's wallet, not a service..."""
    max_operator_recipients: CountOrNone = 200
    """...up to this many recipients; a faucet, a payroll office or an airdrop pays more."""
    min_operator_share: SomeShare = 0.7
    """Share of an operator's counterparties that take part, where it does not itself: it deals with its own wallets. Of
    the newcomers it paid within `operator_days`, the same share."""
    max_burst_recipients: CountOrNone = 20_000
    """Newcomers that an operator may have paid, where it paid them within `operator_days`..."""
    operator_days: Annotated[float, Within(0, 3_650, above=True)] = 7.0
    """...since a script does so in hours and a faucet serves whoever comes, days. From the 5th to the 95th in 100."""
    min_operator_fresh: SomeShare = 0.9
    """Where it took longer, this share of the newcomers. Where so many of all it paid had their first coins of it, it
    is an operator as well."""
    max_operator_strangers: Count = 400
    """Whom else an operator may deal with. A desk or a relayer that serves a few newcomers among its customers deals
    with more; to pass for one costs as many payments."""
    max_customer_share: SomeShare = 0.5
    """Participants that an operator paid only after they had paid it, at most, per newcomer it paid: those who cross a
    bridge pay first, each of them; whom an operator funds has nothing to pay with."""
    min_like_share: SomeShare = 0.5
    """An employer pays those it knows about what it pays newcomers: at least this share of it, by the medians."""
    max_contract_signers: CountOrNone = 1
    """A contract that paid coins on for more signers than this is one that anybody uses, not an operator's own."""
    payroll_min_recipients: Count = 5
    """Participants an outsider must have paid before its payments are judged as an employer's or a shop's."""
    min_fresh_share: Share = 0.8
    """Below this share of fresh wallets among those it paid, it is one: operators fund wallets that never acted."""
    max_deposit_senders: Count = 300
    """A deposit address is paid by at most so many; the largest farms that shared one had 300 wallets (LayerZero)."""
    min_deposit_share: SomeShare = 0.95
    """Share of its movements out that go to one exchange wallet."""
    omnibus_min_memos: Count = 10
    """So many different memos make an address an exchange's common wallet, its customers told apart by memo."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trails:
    """How far money is followed."""

    max_hops: Annotated[int, Within(1, 10)] = 4
    """Hops a first-gas trail is walked up. Farm funding trees in public reports are 2 to 4 deep."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """What ties two accounts."""

    disperse_min_recipients: Several = 5
    """Participants one signer must pay by one-to-many transactions before that ties them."""
    disperse_min_fresh: SomeShare = 0.8
    """Share of those a payout reached that had not acted before; an employer pays people who had."""
    sweep_min_accounts: Several = 3
    """Accounts that must end at one destination before that ties them."""
    deposit_min_accounts: Several = 2
    """Accounts that must pay into one customer's account at an exchange before that ties them."""
    history_min_share: SomeShare = 0.25
    """Share of a source's outsiders that must be seen dealing with others before it is believed to hold their history
    too; then an address without any has none. Where data were fetched per participant nearly none is seen so."""
    history_min_outsiders: Count = 20
    """Fewer outsiders than this say nothing of what a source holds, so each address speaks for itself."""
    memo_max_share: SomeShare = 0.5
    """Share of those who pay an exchange's wallet with a memo above which theirs is a default and no customer's: beside
    an exchange's other customers even a farm is few."""
    counterparty_window_s: Seconds = 3600.0
    """Without times of payments, accounts that dealt with one address tie when they began this close, seconds. On Hop
    two hours lose precision, ten minutes recall."""
    max_group: Several = 20_000
    """More accounts than this behind one shared funder, signer or destination are believed of nobody; the gate on
    services comes first."""
    token_dust_usd: Amount = 1.0
    """A token movement worth less is dust, US dollars."""
    num_evidence: Annotated[int, Within(1, 1_000)] = 8
    """Movements kept as evidence on one link; the rest is counted. Two trails of four hops need eight."""
    co_min_actions: Count = 5
    """Acts after its first that an account needs before its sequence is compared. Four gaps are the fewest of which
    `co_min_gaps` can be its own."""
    co_min_words: Count = 2
    """Different words a sequence needs: one word over and over is the same order for everybody."""
    co_one_word_actions: Count = 10
    """With fewer different words only the times speak, so this many acts must agree: twice `co_min_actions`."""
    co_max_actions: Count = 10_000
    """An account of more actions is a trading bot nobody repeats; its acts would not fit into one row's memory."""
    co_min_span_s: SecondsOrNone = 3600.0
    """Seconds from first to last act compared. Within one sitting everybody's lag is constant."""
    co_max_jitter_s: Seconds = 60.0
    """How far a lag may lie from the median lag, seconds. Most alike in real farms: 3 to 45 s."""
    co_max_jitter_share: SomeShare = 0.01
    """The same as a share of the span: over an hour a minute is no agreement."""
    co_neighbours: Count = 5
    """Accounts that each is compared with: the next to begin the sequence. A farm is connected by its neighbours."""
    co_min_gap_s: SecondsOrNone = 600.0
    """Shorter gaps agree by chance, seconds: ten times the jitter."""
    co_min_gaps: Count = 3
    """Gaps of different length an account needs that nothing outside it explains: one that agrees is chance."""
    co_clock_s: Seconds = 3600.0
    """Outside clocks open quests and end cooldowns after a multiple of this, seconds: hours, days, weeks."""
    co_clock_tolerance_s: Seconds = 300.0
    """A gap this close to the clock's is the clock's, and two gaps this close are one length, seconds: the minutes in
    which early birds come. Of 3,000 simulated ones of daily quests under 1 in 400 stays tied, in twos to fours."""
    co_slot_s: Seconds = 600.0
    """Seconds over which a crowd is counted: what follows an announcement, or one batch job's stamp."""
    co_crowd_min: Count = 20
    """Accounts of other sequences that do the same in one slot before it is a crowd. Fewer is a farm's own leavings."""
    co_crowd_factor: Annotated[float, Within(1, 1_000_000)] = 5.0
    """A crowd is also this many times what the word's mean slot sees; day and night alone make it two or three."""
    co_min_share: SomeShare = 0.1
    """Share of the compared pairs that must keep their lag. A crowd that reacts within five minutes keeps 0.03 by
    chance; of four real farms with any such pair two keep 0.15 and 0.57."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clusters:
    """Connected components and what is believed of them."""

    engine: str = "graphframes"
    """What solves the graph that contraction leaves: `graphframes`, or `driver` (one task with scipy: quicker while
    the graph fits into memory)."""
    partitions: Annotated[int, Within(1, 100_000)] = 2
    """Partitions that contract at once; as many as cores. Fewer shrink the graph faster: fivefold a round at 2."""
    max_rounds: Annotated[int, Within(0, 1_000)] = 6
    """Contraction rounds at most; the engine takes what is left."""
    graphframes_max_edges: CountOrNone = 10_000
    """Edges from which on GraphFrames is too slow: below, 5 to 8 s; a million takes a minute and more (measured)."""
    driver_max_edges: Count = 40_000_000
    """Edges that one task may hold, at about 100 bytes each: 4 GB."""
    checkpoint_interval: Annotated[int, Within(1, 1_000)] = 2
    """GraphFrames rounds between checkpoints. 10 took ten times as long (measured)."""
    max_size: Several = 1500
    """Members above which a cluster is a giant: not believed. The largest confirmed farm on Hop has 881."""
    core_neighbours: Count = 3
    """Neighbours from which on a member is a centre of its cluster, whose outer wallets are no acquaintances."""
    hash_seeds: tuple[Annotated[int, Within(-(2**63), 2**63 - 1)], ...] = (42, 43, 44)
    """Seeds of the account id; the next one is taken when two accounts collide."""

    def __post_init__(self) -> None:
        require_bounds(self)
        require("engine", self.engine, "graphframes or driver", holds=self.engine in ("graphframes", "driver"))
        require("hash_seeds", list(self.hash_seeds), "one seed or more", holds=bool(self.hash_seeds))


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Which times of participation carry no information about the accounts that bear them."""

    min_accounts: Several = 8
    """Accounts that share an instant before it may be a batch's stamp. In a group of fewer nobody is disqualified."""
    stamp_share: SomeShare = 0.25
    """Share of the accounts that acted in one second, at which it is a stamp. The most on Hop is .0004."""
    load_share: SomeShare = 0.5
    """Share of all times that lie on shared instants, above which those are loads. On Hop .001."""
    load_apart_s: Seconds = 300.0
    """Such instants lie this far apart, seconds: busy blocks lie 2 to 12 apart, and a load of every minute is exact
    enough."""
    load_s: Seconds = 3600.0
    """Where nearly all acts of a campaign lie within this long, seconds, near times tell nobody from anybody."""
    grid_share: SomeShare = 0.9
    """Nearly all: share of the times on whole hours or days, from which on only hours or dates are known."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """What counts as acting together."""

    time_window_s: Seconds = 172800.0
    """First actions this close are near-simultaneous, seconds. A day is the published figure (Chaos Labs); on Hop two
    find .602 of the farms at the precision of one, .581."""
    min_time_partners: Count = 3
    """Members that must share the window before time is evidence; one or two happen among friends."""
    write_events: bool = False
    """Whether the acts of members are written one by one, and what ties each to the others: as dear as all figures
    together, and only a model that reads acts needs them."""
    time_surprise: Annotated[float, Within(0, 1_000, above=True)] = 3.0
    """How many standard deviations over chance the number of such members must be."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Who scores clusters: a stored model, or the time-gap rule, the baseline every other scorer must beat."""

    scorer: str = "time_gap"
    """`time_gap`, `model` or `farmset`: the last two read the folder `model`, and clusters whose money is unknown stay
    the rule's. No trained scorer beats the rule on the hard set or on Hop's reviewed groups (model/CARD.md), so none is
    shipped. farmset reads the acts of members, so the step before writes them whatever `features.write_events` says."""
    model: str = ""
    """Folder of a model that `abuse train` wrote."""
    device: str = "auto"
    """Where farmset runs: `auto` (a GPU where the driver sees one), `cpu` or `cuda`. A GPU multiplies in half
    precision, so a score may differ in its last decimals."""
    explain_from: Share = 0.5
    """Score from which a cluster is explained, as the policy looks at it from there. Of a network's score that takes
    some forty times as long as the score itself."""
    half_gap_s: Seconds = 86400.0
    """Median gap at which the score is one half, seconds. One day on Hop's reviewer decisions."""
    steepness: Annotated[float, Within(0, 100, above=True)] = 1.0
    """How fast the score falls with the gap: 1 / (1 + (gap / half_gap) ^ steepness)."""

    def __post_init__(self) -> None:
        require_bounds(self)
        known = ("time_gap", "model", "farmset")
        require("scorer", self.scorer, f"one of: {', '.join(known)}", holds=self.scorer in known)
        require("device", self.device, "auto, cpu or cuda", holds=self.device in ("auto", "cpu", "cuda"))
        is_named = bool(self.model) or self.scorer == "time_gap"
        require("model", repr(self.model), "a folder that `abuse train` wrote", holds=is_named)


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """How farmset is run, not what it says: no row depends on these."""

    threads: Annotated[int, Within(1, 1_024)] = 1
    """Threads of one worker on a CPU. Spark runs a worker per core already; more wait for each other."""
    window_events: Count = 30_000
    """Events that a worker holds at once; a larger cluster is held whole. Enough to fill blocks with like lengths."""
    chunk_events: Count = 2_000_000
    """Events after which scores are kept: a killed step repeats at most so many. A minute of two cores."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The written policy. A campaign may override any of it in its [policy]."""

    version: str = "1"
    """Named on every verdict; change it when you change a number."""
    min_cluster_size: Several = 8
    """Smaller groups are left alone: multi-wallet people are common. Hop removed nobody below 8."""
    min_score_lower: Share = 0.5
    """Lower bound of the score from which a cluster may be disqualified."""
    min_score_review: Share = 0.5
    """Score from which a cluster is looked at; below it is left alone. On Hop .3 gives .942 precision, .5 .952."""
    min_evidence_kinds: Several = 2
    """Independent kinds of evidence needed to disqualify; fewer is review."""
    max_flagged_share: Share = 0.45
    """Share of participants flagged above which publication is held. The highest public figure is .40 (Linea)."""
    min_flagged_share: Share = 0.0
    """Share below which publication is held; 0 means a campaign may be clean."""
    max_component_share: Share = 0.2
    """Largest cluster as a share of the participants above which publication is held."""
    small_component: CountOrNone = 50
    """A largest cluster of at most this many never holds a run, whatever its share."""
    max_score_drift: Share = 0.1
    """Mean change of score, among whom the publication before had scored, above which publication is held. In simulated
    campaigns it is .003 from day to day, .015 over a week and .04 over a month; with half of the movements lost .18."""
    min_scored_before: Count = 100
    """Fewer scored before than this are not compared: one cluster of ten that dissolves moves a mean of a hundred by .1
    at most."""
    max_not_analysed_share: Share = 0.5
    """Share of participants of whom no money is known above which publication is held: the data are missing then."""
    requeue_share: Share = 0.2
    """Share of the group a person saw, newcomers and leavers together, above which a confirmed verdict is queued again.
    At a fifth a group of ten may win two members unasked; at nothing every straggler asks again, night after night."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """How people decide. It changes no row that a run makes of what they said, so it is no rule and names no run."""

    max_alone: CountOrNone = 20
    """Accounts that one person may let off (overturn, split or exempt) of one cluster; beyond it a second one, an
    approver, must agree. A household or a team is fewer; a mistake about more pays a farm."""

    def __post_init__(self) -> None:
        require_bounds(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Maintain:
    """What `abuse maintain` keeps. It changes no row, so it is no rule and names no run."""

    keep_days: Annotated[int, Within(1, 36_500)] = 180
    """Days that a file nothing needs stays, and a publication after another took its place: the appeal window."""

    def __post_init__(self) -> None:
        require_bounds(self)


EXPLORERS = {
    "ethereum": "etherscan.io", "polygon": "polygonscan.com", "optimism": "optimistic.etherscan.io",
    "arbitrum": "arbiscan.io", "base": "basescan.org", "bsc": "bscscan.com", "avalanche": "snowtrace.io",
    "xdai": "gnosisscan.io", "linea": "lineascan.build",
}  # fmt: skip


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _explorers(kind: str) -> dict[str, str]:
    return {chain: f"https://{site}/{kind}/{{{kind}}}" for chain, site in EXPLORERS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """The review console. It changes no row, so it is no rule and names no run."""

    poll_s: SecondsOrNone = 3.0
    """How often a newer publication is looked for, seconds: a look at one folder of the lake."""
    wait_s: SecondsOrNone = 8.0
    """How long a request waits for a night that is not yet read, seconds; then it is told to come back."""
    kept_nights: CountOrNone = 4
    """Nights kept open beside each campaign's current one; one more is read anew, a minute for a million accounts."""
    page_rows: Count = 50
    """Rows of a table on a page."""
    max_rows: Count = 500
    """Rows that one answer of the API may hold."""
    graph_nodes: Count = 150
    """Wallets drawn of a cluster; more are counted. The picture of 300 is a ball of wool."""
    max_body: Count = 65536
    """Bytes a request may bring; nothing but small forms is ever sent."""
    explorer_tx: dict[str, str] = field(default_factory=lambda: _explorers("tx"))
    """Chain = address of a page on a transaction, `{tx}` in place of its hash. Without one there is no link."""
    explorer_address: dict[str, str] = field(default_factory=lambda: _explorers("address"))
    """The same of an address, `{address}` in its place."""
    tokens: str = ""
    """File of tokens that people log in with, of `abuse review token`; as `--tokens`."""
    idle_s: Seconds = 3600.0
    """A login unused for so long ends, seconds: a screen left alone over lunch."""
    login_s: Seconds = 43200.0
    """A login ends after so long however much it is used, seconds: a day's work."""
    failed_login_s: Annotated[float, Within(0, 10)] = 0.5
    """How long a failed login waits for its answer, seconds."""
    failed_logins: Count = 10
    """So many wrong tokens from one address, and for a minute more of them are turned away; a right one is not."""
    identity_header: str = ""
    """Header in which a proxy names who is logged in there; such as `X-Forwarded-User`. None is believed unless set."""
    role_header: str = ""
    """Header in which it says their role: viewer, reviewer or approver."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks from which the two headers are believed; from elsewhere they are refused."""

    def __post_init__(self) -> None:
        require_bounds(self)
        whole = (bool(self.identity_header), bool(self.role_header), bool(self.proxies))
        wanted = "set together with role_header and proxies, or not at all"
        require("identity_header", self.identity_header, wanted, holds=len(set(whole)) == 1)
        for one in self.proxies:
            require("proxies", one, "an address or a network, such as 10.0.0.0/8", holds=_is_network(one))
        for name, place in (("explorer_tx", "{tx}"), ("explorer_address", "{address}")):
            for url in getattr(self, name).values():
                holds = url.startswith(("https://", "http://")) and place in url
                require(name, url, f"http:// or https:// and {place} in it", holds=holds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All sections. `rules_digest` covers what can change a row, not where or how fast it is computed."""

    spark: Spark = field(default_factory=Spark)
    jars: Jars = field(default_factory=Jars)
    chains: dict[str, Chain] = field(default_factory=_chains)
    ingest: Ingest = field(default_factory=Ingest)
    services: Services = field(default_factory=Services)
    trails: Trails = field(default_factory=Trails)
    links: Links = field(default_factory=Links)
    clusters: Clusters = field(default_factory=Clusters)
    times: Times = field(default_factory=Times)
    features: Features = field(default_factory=Features)
    score: Score = field(default_factory=Score)
    network: Network = field(default_factory=Network)
    policy: Policy = field(default_factory=Policy)
    review: Review = field(default_factory=Review)
    maintain: Maintain = field(default_factory=Maintain)
    console: Console = field(default_factory=Console)

    def rules(self) -> dict[str, Any]:
        """Everything that can change a row."""
        placed = ("spark", "jars", "network", "review", "maintain", "console")
        return {name: section for name, section in dataclasses.asdict(self).items() if name not in placed}

    def writes_events(self) -> bool:
        """Whether the acts of members are written one by one."""
        return self.features.write_events or self.score.scorer == "farmset"


def digest(value: object) -> str:
    """Sixteen hex digits over the JSON of `value`; the same value gives the same digits everywhere."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_settings(path: Path | None) -> Settings:
    """The defaults, overridden by the file. Chains of the file are added to the known ones."""
    if path is None:
        return Settings()
    reader = Reader("settings", f"Mend it in {path}.", SettingsError)
    table = reader.load(path)
    known = {name: dataclasses.asdict(chain) for name, chain in _chains().items()}
    own = table.get("chains")
    if isinstance(own, dict):
        for name, chain in own.items():
            known[name] = known.get(name, {}) | chain if isinstance(chain, dict) else chain
        table = table | {"chains": known}
    return reader.build(Settings, table)


def settings_from_json(rules: dict[str, Any]) -> Settings:
    """Settings with the rules a run's records hold."""
    return Reader("records", "Run the night again.", SettingsError).build(Settings, rules)
