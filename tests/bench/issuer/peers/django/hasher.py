"""Argon2id at the cost that all contenders use."""

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    memory_cost = settings.ARGON2["memory"]
    time_cost = settings.ARGON2["passes"]
    parallelism = settings.ARGON2["lanes"]
