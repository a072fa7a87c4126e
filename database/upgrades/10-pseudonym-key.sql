-- v9 -> v10: under which key the pseudonyms of an entry are; empty: the first one, of before. An older program would take such an entry for an altered one
ALTER TABLE audit_entry ADD COLUMN key TEXT NOT NULL DEFAULT '';
