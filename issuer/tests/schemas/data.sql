-- What migration 0001's tables held; the password is 'first in orbit 1957'.
INSERT INTO users VALUES ('5a1f0000-0000-4000-8000-000000000001', 'Laika', 'laika', 'laika@example.com', 'laika@example.com', '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'active', 1790000000);
INSERT INTO users VALUES ('5a1f0000-0000-4000-8000-000000000002', 'Belka', 'belka', 'belka@example.com', 'belka@example.com', '$argon2id$v=19$m=19456,t=2,p=1$TY82yZmPThfTCl2zZnL5/A$iOOyt0MCktAx3UhFYEvwa6ZUcgdUXfIHH6hoZIfG6qc', 'disabled', 1790000001);
INSERT INTO services VALUES ('orders', 'orders', 300, 'EdDSA', 1790000000);
INSERT INTO service_permissions VALUES ('orders', 'orders:read'), ('orders', 'orders:create');
INSERT INTO service_sharing VALUES ('orders', 'billing');
INSERT INTO roles VALUES ('user', NULL, 1000, 1790000000), ('orders/clerk', 'orders', 50, 1790000000);
INSERT INTO role_permissions VALUES ('orders/clerk', 'orders:read');
INSERT INTO user_roles VALUES ('5a1f0000-0000-4000-8000-000000000001', 'orders/clerk', 1790000000), ('5a1f0000-0000-4000-8000-000000000001', 'user', 1790000000);
INSERT INTO sessions VALUES ('5e550000-0000-4000-8000-000000000001', '5a1f0000-0000-4000-8000-000000000001', 7, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, 1799999500, NULL, NULL, 'browser', '192.0.2.1', 'Dog/1.0');
INSERT INTO sessions VALUES ('5e550000-0000-4000-8000-000000000002', '5a1f0000-0000-4000-8000-000000000001', 2, 1799999000, 1, 1790000000, 1790000000, 'pwd', 1802000000, 1799999500, 1799999600, 'log_out', NULL, NULL, NULL);
INSERT INTO invitations VALUES ('00', 'administrator', 1790000000, NULL, NULL);
