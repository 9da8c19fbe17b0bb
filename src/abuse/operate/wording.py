"""What people read in `abuse why`: sentences for ops, and others for users that hold no numbers and no addresses."""

from __future__ import annotations

from abuse.authority import APPEALED, CHANGED, PEOPLES_CODES
from abuse.tables import ClusterMembers, Clusters, Decisions

SHARED_KINDS = ("first_gas", "disperse", "sweep", "deposit", "sink", "counterparty")
USER_KINDS = dict.fromkeys((*SHARED_KINDS, "direct", "money"), "payment")
SCORES = (Decisions.score, Decisions.score_lower, Decisions.member_score, Decisions.machine_verdict)
OPS_FACTS = (*SCORES, Decisions.rule_version, Decisions.model_version, Decisions.evidence_kinds)
LABELS = {
    Clusters.num_links: "tied pairs",
    Clusters.core_kind: "core is its",
    Clusters.num_cut: "ties cut",
    Clusters.is_giant: "giant",
    ClusterMembers.is_weak: "weakly tied",
    ClusterMembers.role: "its role",
    ClusterMembers.num_neighbours: "its neighbours",
    ClusterMembers.link_kinds: "held by",
    Decisions.score_lower: "lower bound",
    Decisions.machine_verdict: "machine says",
}
OPS_VERDICTS = {
    "disqualified": "It is out: it gets no reward unless a person overturns this.",
    "review": "In doubt: a person has to decide. Until then it is not disqualified.",
    "clear": "It is not disqualified.",
    "exempt": "A person or the allow-list exempts it, whatever is found.",
    "not_analysed": "Unknown, which is not the same as clean: no movement of money is known for it.",
}
USER_VERDICTS = {
    "disqualified": "This account does not qualify for the reward.",
    "review": "No decision has been made yet: a person will look at this account.",
    "clear": "This account is not disqualified.",
    "exempt": "This account is not disqualified.",
    "not_analysed": "This account could not be checked. That is neither good nor bad: too little is known about it.",
}
LINKED = "Payments connect this account with other accounts in the campaign."
NOT_ENOUGH = "What is known about this account is not enough to exclude it."
BY_PERSON = "A person has looked at this account."
USER_REASONS = {
    "money_link": LINKED,
    "sink_link": "This account sent funds to a place that other accounts in the campaign also use.",
    "sequence_link": "This account did the same things in the same order as other accounts in the campaign.",
    "identity_link": "Details given for this account are the same as those of other accounts in the campaign.",
    "same_time": "This account was active at nearly the same times as the accounts it is connected with.",
    "farm_score": "Taken together, the connected accounts act as if one person or group ran them.",
    "cluster_size": "This account belongs to a group of connected accounts.",
    "small_group": NOT_ENOUGH,
    "low_score": NOT_ENOUGH,
    "one_kind_of_evidence": NOT_ENOUGH,
    "giant_cluster": NOT_ENOUGH,
    "weak_tie": NOT_ENOUGH,
    "unlike_a_farm": NOT_ENOUGH,
    "serves_many": "An address of this account is known as one that many people use, so it was not judged by payments.",
    "no_links": "Nothing was found that connects this account with others.",
    "no_funding_data": "No payments of this account are known to us.",
    "bad_row": "The campaign's list names this account in a way that could not be read.",
    "unknown_payer": "What connects this account with others is an address of which nothing else is known.",
    "time_unknown": "It is not known when accounts were active, so times were not judged.",
    "date_only_times": "It is only known on which days accounts were active, so times were not judged.",
    "allow_listed": "The campaign has approved this account.",
    "review_exempt": f"{BY_PERSON} It was decided in its favour.",
    "review_overturned": f"{BY_PERSON} It was decided in its favour.",
    "review_split": f"{BY_PERSON} It was decided in its favour.",
    "review_confirmed": f"{BY_PERSON} The decision stands.",
    "review_held": "A person is looking at this account.",
    "members_changed": "A person will look at this account again.",
    "appeal_open": "You asked for a review. A person will answer.",
}
CLEARED = ("clear", "exempt")
"""Verdicts in the account's favour: their letter names nothing that spoke against it."""
RULINGS = tuple(code for code in PEOPLES_CODES if code not in (CHANGED, APPEALED))
"""A person, or the allow-list, decided: what the machine found has no part in that."""
IN_FAVOUR = (
    *PEOPLES_CODES,
    *(code for code, sentence in USER_REASONS.items() if sentence == NOT_ENOUGH),
    "serves_many",
    "no_links",
    "no_funding_data",
    "bad_row",
    "unknown_payer",
    "time_unknown",
    "date_only_times",
)
"""What a letter may say of an account that is cleared."""
OTHER_REASON = "The campaign's rules apply to this account."
APPEAL = (
    "If you think this is wrong, ask the campaign's support for a review: give the account and the reference above."
)
USER_CHANGES = {
    "disqualified": [APPEAL, "A person decides on every appeal. Say what you would like to be considered."],
    "review": ["You need to do nothing. If you want something to be considered, tell the campaign's support."],
    "not_analysed": ["You can tell the campaign's support which addresses belong to this account."],
}
OPS_CHANGES = {
    "disqualified": "If it is wrong: `abuse review decide overturn`, which outranks the machine in every later night, "
    "and `abuse publish`. Who must never be judged at all is in the campaign file's allow_list.",
    "review": "A person: `abuse review decide`, confirm or overturn, and `abuse publish`.",
    "clear": "New facts, for each night decides anew; or a person's verdict.",
    "exempt": "Only a person: `abuse review undo`, or the allow_list in the campaign file.",
    "not_analysed": "A source with its movements in the campaign file, and another night.",
}
