-- Mails that name no account are found by the address that they go to.
CREATE INDEX mails_recipient ON mails (recipient_key, registration);
