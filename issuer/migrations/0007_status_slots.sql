-- Slots of status lists: which one a holder's micro tokens carry, and what became of them. A row is
-- there from the first minting until no verifier can ask for its slot any more.
CREATE TABLE status_slots (
    family     TEXT   NOT NULL,  -- the algorithm, as the list's address writes it
    shard      BIGINT NOT NULL,
    idx        BIGINT NOT NULL CHECK (idx >= 0 AND idx < 65536),
    holder     TEXT   NOT NULL,  -- session id, 'svc:<name>', 'anon:<service>'
    subject    TEXT   NOT NULL,  -- who loses all slots at once: 'user:<uuid>', 'svc:<name>', 'anon:<service>'
    epoch      BIGINT NOT NULL,  -- of the subject, as it was read with what the tokens grant
    state      BIGINT NOT NULL CHECK (state IN (0, 1, 3)),  -- as the list writes it
    taken_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,  -- no token with this slot lives longer
    PRIMARY KEY (family, shard, idx)
);
-- Two clients that mint at once for one holder end with one slot.
CREATE UNIQUE INDEX status_slots_holder ON status_slots (holder, epoch, family);
CREATE INDEX status_slots_subject ON status_slots (subject, epoch);
CREATE INDEX status_slots_expires_at ON status_slots (expires_at);
-- What a list is made of.
CREATE INDEX status_slots_marked ON status_slots (family, shard) WHERE state <> 0;
