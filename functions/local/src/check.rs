//! The preflight of a deployment: would every function start with these values of the template's parameters?
//! Nothing is served, and nothing is asked of AWS.

use std::sync::Arc;

use shared::clock::Clock;
use shared::platform::random::Random;
use shared::platform::secrets::{LocalSecret, Secret, Secrets};
use shared::platform::{Platform, aws};

use crate::backend::{self, Options, StartError, named_secrets};
use crate::data_dir::Home;
use crate::functions::Function;
use crate::template::{self, Override, Stack, TemplateError, parse_overrides};

/// Lambda's limit for all variables of a function, in bytes
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const MOST_ENVIRONMENT: usize = 4096;

/// What names that CloudFormation makes up may be longer than those that are made up here, all together, in bytes.
const LONGER_NAMES: usize = 256;

/// Takes the template's own defaults, not the local server's. What has none must be given.
pub async fn check(options: &Options) -> Result<(), StartError> {
    let mut overrides = parse_overrides(&options.overrides)?;
    for named in named_secrets(options) {
        if !overrides.iter().any(|one| one.name == named.parameter) {
            overrides.push(Override {
                name: named.parameter.to_owned(),
                value: named.arn.to_owned(),
            });
        }
    }
    let stack = backend::template(options)?.as_deployed(&overrides)?;
    let platform = platform(&stack, options)?;
    for function in &stack.functions {
        Function::start(function, &platform)
            .await
            .map_err(|error| backend::refused(&stack, &function.package, error))?;
        fits(&stack, function)?;
    }
    Ok(())
}

/// A start reads secrets and makes clients; that nothing is behind these is seen by the first request, and there is none.
fn platform(stack: &Stack, options: &Options) -> Result<Platform, StartError> {
    let random = Random::system();
    let mut secrets = backend::secrets(stack, &Home::Memory, random)?;
    // What those hold on AWS is not known here: some provider.
    for (parameter, value) in [
        ("SmsSecretArn", r#"{"provider":"sns"}"#),
        ("EmailSecretArn", r#"{"provider":"ses"}"#),
    ] {
        let mut given = named_secrets(options);
        let given = given.find(|named| named.parameter == parameter);
        let secret = match given {
            Some(named) => named.secret,
            None => LocalSecret::of(Secret {
                version: "1".to_owned(),
                value: value.to_owned(),
            }),
        };
        secrets.insert(stack.parameter(parameter).to_owned(), secret);
    }
    Ok(Platform {
        clock: Clock::system(),
        random,
        aws: aws::loopback("http://127.0.0.1:9"),
        secrets: Secrets::Local(Arc::new(secrets)),
        outbox: None,
    })
}

/// The longest value is named: shortening it helps most.
fn fits(stack: &Stack, function: &template::Function) -> Result<(), TemplateError> {
    let variables = function.environment.iter();
    let size: usize = variables
        .map(|(name, value)| name.len() + value.len() + r#""":"","#.len())
        .sum();
    if size + LONGER_NAMES <= MOST_ENVIRONMENT {
        return Ok(());
    }
    let settings = function.environment.iter().filter_map(|(name, value)| {
        let parameter = stack.parameter_of(name)?;
        Some((value.len(), parameter))
    });
    let longest = settings.max().map_or("", |(_, parameter)| parameter);
    Err(TemplateError::parameter(
        longest,
        format!(
            "the settings of {} are {size} bytes, of which Lambda takes {MOST_ENVIRONMENT}: this is the longest",
            function.package
        ),
    ))
}
