//! `LAIKA_*` variables: one for each setting, named like it.

use std::str::FromStr;

use super::ConfigError;
use super::file::File;

/// What every variable of ours begins with.
pub const PREFIX: &str = "LAIKA_";

/// Lays the variables over what the file said.
///
/// # Errors
/// A variable begins with `LAIKA_` and names no setting, or its value has another type.
pub fn lay_over(
    file: &mut File,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    for (name, value) in variables {
        let Some(setting) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let text = || Some(value.clone());
        match setting {
            "LISTEN" => file.listen = text(),
            "PUBLIC_URL" => file.public_url = text(),
            "DATA_DIR" => file.data_dir = Some(value.into()),
            "DATABASE_URL" => file.database_url = text(),
            "MASTER_KEY_FILE" => file.master_key_file = Some(value.into()),
            "SIGNING_ALGORITHM" => file.signing_algorithm = text(),
            "ALLOWED_ORIGINS" => file.allowed_origins = Some(list(&value)),
            "REQUEST_TIMEOUT" => file.request_timeout = Some(number(&name, &value)?),
            "LOG" => file.log = text(),
            "MAIN_LIFETIME" => file.main.lifetime = Some(number(&name, &value)?),
            "MAIN_MAX_LIFETIME" => file.main.max_lifetime = Some(number(&name, &value)?),
            "MAIN_ROTATE_AFTER" => file.main.rotate_after = Some(number(&name, &value)?),
            "MICRO_LIFETIME" => file.micro.lifetime = Some(number(&name, &value)?),
            "MICRO_MAX_SIZE" => file.micro.max_size = Some(number(&name, &value)?),
            "DEFAULT_ROLE_NAME" => file.default_role.name = text(),
            "DEFAULT_ROLE_LEVEL" => file.default_role.level = Some(number(&name, &value)?),
            "PASSWORD_MEMORY" => file.password.memory = Some(number(&name, &value)?),
            "PASSWORD_PASSES" => file.password.passes = Some(number(&name, &value)?),
            "PASSWORD_LANES" => file.password.lanes = Some(number(&name, &value)?),
            "PASSWORD_WORKERS" => file.password.workers = Some(number(&name, &value)?),
            "PASSWORD_QUEUE" => file.password.queue = Some(number(&name, &value)?),
            _ => {
                let message = "there is no such setting; check the spelling, or unset the variable";
                return Err(ConfigError::new(name, message));
            }
        }
    }
    Ok(())
}

fn number(name: &str, value: &str) -> Result<i64, ConfigError> {
    i64::from_str(value)
        .map_err(|_| ConfigError::new(name, format!("`{value}` is not a whole number")))
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
