//! Everything behind the gateway that is not a function: the evaluated template, the embedded DynamoDB,
//! keys, clock and outbox. The server and the test kit both stand on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::config::ConfigError;
use shared::platform::outbox::Outbox;
use shared::platform::random::Random;
use shared::platform::secrets::{LocalSecret, Secret, Secrets};
use shared::platform::{Platform, aws};

use crate::data_dir::{Home, HomeError};
use crate::embedded::{DatabaseError, Embedded};
use crate::functions::FunctionError;
use crate::random;
use crate::stream::StreamError;
use crate::template::{Override, Stack, Surroundings, Template, TemplateError, parse_overrides};
use crate::token::{IssuerError, TokenIssuer};
use crate::users::{Users, UsersError};

/// What `--sms-secret` is called among the secrets.
pub const SMS_SECRET: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:sms-providers-local1";

/// What `--email-secret` is called.
pub const EMAIL_SECRET: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:email-providers-local1";

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    pub host: String,
    /// 0 for any free port.
    pub port: u16,
    /// Where to keep the tables; in memory without.
    pub data: Option<PathBuf>,
    /// Without: `template.yaml` in a directory above this one, or above the program.
    pub template: Option<PathBuf>,
    /// As `sam deploy --parameter-overrides` takes them.
    pub overrides: Vec<String>,
    /// What the secret of the providers would hold; messages go to the inbox without.
    pub sms_secret: Option<PathBuf>,
    /// The same of the providers of e-mails.
    pub email_secret: Option<PathBuf>,
    /// A port on loopback for AWS's own tools, 0 for any free one.
    pub aws_port: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            data: None,
            template: None,
            overrides: Vec::new(),
            sms_secret: None,
            email_secret: None,
            aws_port: None,
        }
    }
}

/// Why the server does not start. One line that names what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: String, reason: String },
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    TokenIssuer(#[from] IssuerError),
    #[error("function {function}: {reason}")]
    Function { function: String, reason: String },
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Users(#[from] UsersError),
}

/// What runs before any function does.
pub struct Backend {
    pub stack: Stack,
    pub home: Home,
    pub embedded: Embedded,
    pub platform: Platform,
    pub outbox: Arc<Outbox>,
    pub issuer: TokenIssuer,
    /// None where the template has no function that knows users.
    pub users: Option<Users>,
}

impl Backend {
    pub async fn start(options: &Options, url: &str) -> Result<Self, StartError> {
        let stack = stack(options, url)?;
        let home = Home::open(options.data.as_deref())?;
        let clock = home.clock()?;
        let random = Random::system();
        let issuer = TokenIssuer::new(&home.key("issuer.pem", || random::signing_key(random))?)?;
        let mut secrets = secrets(&stack, &home, random)?;
        let named = named_secrets(options);
        secrets.extend(named.map(|named| (named.arn.to_owned(), named.secret)));
        let embedded = Embedded::start(
            home.database().as_deref(),
            stack.tables.clone(),
            clock.clone(),
        )
        .await?;
        let outbox = Arc::new(Outbox::default());
        let platform = Platform {
            clock,
            aws: aws::loopback(&embedded.url()),
            secrets: Secrets::Local(Arc::new(secrets)),
            random,
            outbox: Some(Arc::clone(&outbox)),
        };
        let users = Users::new(&platform, &stack)?;
        if let Some(users) = &users {
            users.seed_when_empty().await?;
        }
        Ok(Self {
            stack,
            home,
            embedded,
            platform,
            outbox,
            issuer,
            users,
        })
    }
}

/// The template that the options name, or the one that is found.
pub fn template(options: &Options) -> Result<Template, TemplateError> {
    match &options.template {
        Some(path) => Template::read(path),
        None => Template::read(&default_template()),
    }
}

/// Says which parameter a function did not like.
pub fn refused(stack: &Stack, function: &str, error: FunctionError) -> StartError {
    let FunctionError::Config(ConfigError { variable, reason }) = error else {
        return StartError::Function {
            function: function.to_owned(),
            reason: error.to_string(),
        };
    };
    match stack.parameter_of(&variable) {
        Some(name) => TemplateError::parameter(name, format!("{variable}: {reason}")).into(),
        None => StartError::Function {
            function: function.to_owned(),
            reason: format!("{variable}: {reason}"),
        },
    }
}

/// What the template and the options come to.
fn stack(options: &Options, url: &str) -> Result<Stack, TemplateError> {
    let template = match &options.template {
        Some(path) => Template::read(path)?,
        None => Template::read(&default_template())?,
    };
    let surroundings = Surroundings {
        url: url.to_owned(),
    };
    let mut overrides = parse_overrides(&options.overrides)?;
    overrides.extend(named_secrets(options).map(|named| Override {
        name: named.parameter.to_owned(),
        value: named.arn.to_owned(),
    }));
    template.evaluate(&overrides, &surroundings)
}

/// A secret that an option names a file of.
pub struct NamedSecret {
    pub parameter: &'static str,
    pub arn: &'static str,
    pub secret: LocalSecret,
}

/// Those of the providers.
pub fn named_secrets(options: &Options) -> impl Iterator<Item = NamedSecret> {
    let files = [
        ("SmsSecretArn", SMS_SECRET, &options.sms_secret),
        ("EmailSecretArn", EMAIL_SECRET, &options.email_secret),
    ];
    files.into_iter().filter_map(|(parameter, arn, file)| {
        let secret = LocalSecret::File(file.clone()?);
        Some(NamedSecret {
            parameter,
            arn,
            secret,
        })
    })
}

/// What Secrets Manager generates on AWS.
pub fn secrets(
    stack: &Stack,
    home: &Home,
    random: Random,
) -> Result<BTreeMap<String, LocalSecret>, HomeError> {
    stack
        .secrets
        .iter()
        .map(|secret| {
            let value = home.key(&secret.logical_id, || random::generated_secret(random))?;
            let version = "local-1".to_owned();
            let value = LocalSecret::of(Secret { version, value });
            Ok((secret.arn.clone(), value))
        })
        .collect()
}

/// `template.yaml` here or above (a test runs in its package's directory), or above the program itself.
pub fn default_template() -> PathBuf {
    let name = Path::new("template.yaml");
    [std::env::current_dir(), std::env::current_exe()]
        .into_iter()
        .flatten()
        .find_map(|start| {
            start
                .ancestors()
                .map(|directory| directory.join(name))
                .find(|path| path.is_file())
        })
        .unwrap_or_else(|| name.to_owned())
}
