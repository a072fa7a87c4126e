-- v8 -> v9 (compatible with v1+): to find entries of the audit log by when they were, the newest first
CREATE INDEX audit_entry_at_idx      ON audit_entry (at, seq);
CREATE INDEX audit_entry_actor_idx   ON audit_entry (actor, at, seq);
CREATE INDEX audit_entry_portal_idx  ON audit_entry (portal, at, seq);
CREATE INDEX audit_entry_kind_idx    ON audit_entry (kind, at, seq);
CREATE INDEX audit_entry_action_idx  ON audit_entry (action, at, seq);
CREATE INDEX audit_entry_verdict_idx ON audit_entry (verdict, at, seq);
CREATE INDEX audit_entry_result_idx  ON audit_entry (result, at, seq);
