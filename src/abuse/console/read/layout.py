"""The tables of a read model, and how they come from those of the lake.

Times are whole microseconds since 1970, lists are JSON. `raw` is a second database that is thrown away: what is read
from Delta goes there first, so that the file holds nothing but what pages ask for, in the order they ask.
"""

FORMAT = 5
"""Part of a file's name: a console that knows another layout builds its own."""

EVIDENCE = "kind TEXT, chain TEXT, tx_hash TEXT, sender TEXT, recipient TEXT, at INTEGER, amount REAL, asset TEXT, "
EVIDENCE += "n INTEGER, source TEXT"

BEGIN = f"""
PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF; PRAGMA cache_size = -65536;
ATTACH '' AS raw;
PRAGMA raw.journal_mode = OFF; PRAGMA raw.synchronous = OFF;
CREATE TABLE main.about (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE main.evidence (account_id INTEGER, place INTEGER, {EVIDENCE});
CREATE TABLE raw.items (tie_id INTEGER, place INTEGER, {EVIDENCE});
"""

DERIVE = """
CREATE INDEX raw.took_part_account ON took_part (account);
CREATE TABLE raw.heard AS SELECT account, max(has_transfers) AS _known FROM raw.owned GROUP BY account;
CREATE INDEX raw.heard_account ON heard (account);
CREATE TABLE main.accounts AS
  SELECT d.rowid AS id, d.*, t.first_action_at, t.last_action_at, t.num_actions, t.volume_usd, t.reward,
    h._known
  FROM raw.decided d LEFT JOIN raw.took_part t ON t.account = d.account LEFT JOIN raw.heard h ON h.account = d.account
  ORDER BY d.account;
CREATE UNIQUE INDEX main.accounts_name ON accounts (account);
CREATE INDEX main.accounts_given ON accounts (account_as_given) WHERE account_as_given <> account;
CREATE INDEX main.accounts_verdict ON accounts (verdict, account);
CREATE INDEX main.accounts_cluster ON accounts (cluster_id, account);
CREATE INDEX main.evidence_account ON evidence (account_id, place);

CREATE TABLE main.members AS
  SELECT m.cluster_id, m.account, m.role, m.num_neighbours, m.link_kinds, m.strength, m.num_cut, m.is_weak,
    a.id AS account_id, a.verdict, a.member_score, a.evidence_kinds, a.first_action_at, a.num_actions, a.reward
  FROM raw.held m LEFT JOIN main.accounts a ON a.account = m.account ORDER BY m.cluster_id, m.account;
CREATE UNIQUE INDEX main.members_name ON members (cluster_id, account);
CREATE INDEX main.members_account ON members (account);

CREATE INDEX raw.scored_name ON scored (cluster_id, account);
CREATE TABLE main.judged AS
  SELECT f.account, f.cluster_id, a.verdict, a.machine_verdict, a.reward, a._known, f.size, f.money_partners,
    f.sink_partners, f.sequence_partners, f.time_partners, f.time_expected, s.score, s.score_lower, g.is_giant,
    m.is_weak
  FROM raw.featured f
  JOIN raw.scored s ON s.cluster_id = f.cluster_id AND s.account = f.account
  JOIN raw.grouped g ON g.cluster_id = f.cluster_id
  JOIN main.accounts a ON a.account = f.account
  LEFT JOIN main.members m ON m.account = f.account
  ORDER BY f.size DESC, f.cluster_id, f.account;
CREATE INDEX main.judged_account ON judged (account);

CREATE TABLE main.clusters AS
  SELECT g.*, c.score, c.score_lower, c.top_reasons, m.disqualified, m.review, m.clear, m.exempt, m.not_analysed,
    m.reward, m.seen
  FROM raw.grouped g
  LEFT JOIN (SELECT cluster_id, max(score) AS score, max(score_lower) AS score_lower, min(top_reasons) AS top_reasons
    FROM raw.scored GROUP BY cluster_id) c ON c.cluster_id = g.cluster_id
  LEFT JOIN (SELECT cluster_id, sum(verdict = 'disqualified') AS disqualified, sum(verdict = 'review') AS review,
    sum(verdict = 'clear') AS clear, sum(verdict = 'exempt') AS exempt, sum(verdict = 'not_analysed') AS not_analysed,
    sum(reward) AS reward, seen(account) AS seen FROM main.members GROUP BY cluster_id) m ON m.cluster_id = g.cluster_id
  ORDER BY g.cluster_id;
CREATE UNIQUE INDEX main.clusters_id ON clusters (cluster_id);
CREATE TABLE main.explained AS SELECT * FROM raw.explained ORDER BY cluster_id;
CREATE UNIQUE INDEX main.explained_cluster ON explained (cluster_id);

CREATE TABLE raw.placed AS
  SELECT l.rowid AS tie_id, a.cluster_id, l.src, l.dst, l.kind, l.evidence_kind, l.via, l.strength
  FROM raw.tied l JOIN main.members a ON a.account = l.src
  JOIN main.members b ON b.account = l.dst AND b.cluster_id = a.cluster_id;
CREATE INDEX raw.placed_id ON placed (tie_id);
CREATE TABLE main.ties AS
  SELECT cluster_id, src, dst, kind, evidence_kind, via, strength FROM raw.placed ORDER BY cluster_id, src, dst, kind;
CREATE INDEX main.ties_cluster ON ties (cluster_id);
CREATE TABLE main.movements AS
  SELECT DISTINCT p.cluster_id, i.kind, i.chain, i.tx_hash, i.sender, i.recipient, i.at, i.amount, i.asset, i.n,
    i.source
  FROM raw.items i JOIN raw.placed p ON p.tie_id = i.tie_id
  ORDER BY p.cluster_id, i.at IS NULL, i.at, i.kind, i.tx_hash, i.sender, i.recipient;
CREATE INDEX main.movements_cluster ON movements (cluster_id);

CREATE INDEX raw.owned_address ON owned (address);
CREATE TABLE main.addresses AS SELECT DISTINCT account, chain, address FROM raw.owned WHERE address <> account;
CREATE INDEX main.addresses_account ON addresses (account);
CREATE INDEX main.addresses_address ON addresses (address);
CREATE TABLE main.hops AS
  SELECT DISTINCT m.cluster_id, m.account, h.kind, h.chain, h.address, h.hop, h.reached, h.funded, h.tx_hash, h.at,
    h.amount, h.asset, h.ended_by
  FROM raw.hopped h JOIN raw.owned o ON o.address = h.address AND (o.on_every_chain IS NOT 0 OR o.chain = h.chain)
    AND (o.valid_from IS NULL OR o.valid_from <= h.begun_at) AND (o.valid_to IS NULL OR h.begun_at < o.valid_to)
  JOIN main.members m ON m.account = o.account
  ORDER BY m.cluster_id, m.account, h.kind, h.chain, h.address, h.hop;
CREATE INDEX main.hops_cluster ON hops (cluster_id);

CREATE TABLE main.services AS SELECT * FROM raw.served ORDER BY address;
CREATE INDEX main.services_address ON services (address);
CREATE TABLE main.lineage AS SELECT * FROM raw.descended ORDER BY cluster_id;
CREATE INDEX main.lineage_cluster ON lineage (cluster_id);
"""
