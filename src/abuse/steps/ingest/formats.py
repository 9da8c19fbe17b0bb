"""Columns of every source format: (required, optional), and the columns a parsed row carries besides its table's."""

RAW = "_raw"
"""struct: the row as it stood in the file"""
SURPLUS = "_surplus"
"""whether the row has more fields than the file's header, so that what stands where is not sure"""
REASONS = "_reasons"
"""array: every rule the row breaks; empty when it keeps them all"""
SKIPPED = "_skipped"
"""why a good row is not a fact (a failed transaction, a zero value); empty when it is one"""
UNKNOWN_STATUS = "_unknown_status"
"""whether nothing says if the transaction succeeded"""
CLAIM = "_claim"
"""what a row says that it alone is, such as a place in a transaction: unequal rows of one claim are in conflict"""
UNREAD = "_unread"
"""how many optional figures of the row say something that is no figure"""
NO_OFFSET = "_no_offset"
"""whether its time does not say in which timezone it is"""
IN_COINS = "_in_coins"
"""whether its amount is written with a fraction, as no smallest unit is"""
IS_SMALL = "_is_small"
"""whether its amount has so few digits that the smallest unit would be odd"""

IDS = frozenset(
    {"account", "address", "asset", "sender", "recipient", "initiator", "memo", "position", "tx_hash", "hash"}
    | {
        "from_address",
        "to_address",
        "token_address",
        "transaction_hash",
        "contract_address",
        "receipt_contract_address",
    }
)
"""Columns of which every digit counts, and no sum is made."""


COLUMNS: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("participation", "participation"): (
        ("account",),
        ("at", "position", "action", "num_actions", "volume_usd", "reward", "tx_hash"),
    ),
    ("account_addresses", "account_addresses"): (("account", "address"), ("chain", "valid_from", "valid_to")),
    ("ethereum_etl", "transactions"): (
        ("hash", "block_number", "from_address", "to_address", "value"),
        (
            *("transaction_index", "block_timestamp", "receipt_status", "receipt_contract_address"),
            *("input", "nonce", "gas_price", "max_priority_fee_per_gas"),
        ),
    ),
    ("ethereum_etl", "token_transfers"): (
        ("token_address", "from_address", "to_address", "value", "transaction_hash", "log_index", "block_number"),
        ("block_timestamp",),
    ),
    ("ethereum_etl", "traces"): (
        ("block_number", "from_address", "to_address", "value", "trace_type", "trace_address"),
        ("transaction_hash", "transaction_index", "call_type", "status", "error", "block_timestamp"),
    ),
    ("ethereum_etl", "blocks"): (("number", "timestamp"), ()),
    ("ethereum_etl", "receipts"): (("transaction_hash",), ("status", "contract_address")),
    ("ethereum_etl", "contracts"): (("address",), ()),
    ("tokens", "tokens"): (("address", "decimals"), ("chain", "symbol", "usd")),
    ("transfers", "transfers"): (
        ("tx_hash", "at", "sender", "recipient", "asset", "amount_raw"),
        ("chain", "position", "kind", "block_number", "tx_index", "initiator", "memo", "status"),
    ),
    ("transfer_pairs", "transfers"): (("from_address", "to_address"), ("kind", "chain", "n_transfers")),
    ("address_labels", "labels"): (("address", "label"), ("chain", "name")),
}
