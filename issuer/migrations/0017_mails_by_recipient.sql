-- Mails are found by the address that they go to: those about an account that names none of them.
CREATE INDEX mails_recipient ON mails (recipient_key);
