-- v5 -> v6 (compatible with v1+): whether anything was admitted in a chat before is asked at each message, if a rule asks
CREATE INDEX decision_chat_idx ON decision (network, portal, login);
