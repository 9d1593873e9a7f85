-- Codes of mails that proved the e-mail of an account that exists: a new password does that now.
DELETE FROM mail_codes WHERE purpose = 'proof';
