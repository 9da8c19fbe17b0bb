"""Columns of every source format: (required, optional), and the columns a parsed row carries besides its table's."""

RAW = "_raw"
"""struct: the row as it stood in the file"""
REASONS = "_reasons"
"""array: every rule the row breaks; empty when it keeps them all"""
SKIPPED = "_skipped"
"""why a good row is not a fact (a failed transaction, a zero value); empty when it is one"""
UNKNOWN_STATUS = "_unknown_status"
"""whether nothing says if the transaction succeeded"""


COLUMNS: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("participation", "participation"): (
        ("account", "at"),
        ("position", "action", "num_actions", "volume_usd", "reward", "tx_hash"),
    ),
    ("account_addresses", "account_addresses"): (("account", "address"), ("chain", "valid_from")),
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
        ("chain", "position", "kind", "block_number", "tx_index", "initiator", "memo"),
    ),
    ("transfer_pairs", "transfers"): (("from_address", "to_address"), ("kind", "chain", "n_transfers")),
    ("address_labels", "labels"): (("address", "label"), ("chain", "name")),
}
