//! The command line: flags, signals, what is printed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use shared::telemetry::log;

use crate::audit::Tee;
use crate::backend::{Options, default_template};
use crate::check::check;
use crate::server::{Running, Server};
use crate::{aws, journey};

/// Serves the whole product on this machine: every function behind a small gateway,
/// DynamoDB embedded, messages in an inbox.
#[derive(Debug, Parser)]
#[command(name = "local", version)]
struct Arguments {
    /// Address or name to bind to
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Keep tables, keys and clock in this directory [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The template that routes, scopes and settings are read from [default: template.yaml]
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Values for the template's parameters, as in `sam deploy`
    #[arg(long, value_name = "K=V", num_args = 1..)]
    parameter_overrides: Vec<String>,
    /// Send through the providers that this file names, as the Secrets Manager secret would [default: the inbox]
    #[arg(long, value_name = "FILE")]
    sms_secret: Option<PathBuf>,
    /// The same for e-mails
    #[arg(long, value_name = "FILE")]
    email_secret: Option<PathBuf>,
    /// Also serve DynamoDB, Secrets Manager, SNS and SES on this port of loopback, and print the environment for AWS's tools
    #[arg(long, visible_alias = "dynamodb-port", value_name = "N")]
    aws_port: Option<u16>,
    /// Serve nothing: look whether a deployment's functions would start with the template's defaults and these values
    #[arg(long)]
    check: bool,
}

/// Runs until SIGINT or SIGTERM.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        host: arguments.host,
        port: arguments.port,
        data: arguments.data,
        template: arguments.template,
        overrides: arguments.parameter_overrides,
        sms_secret: arguments.sms_secret,
        email_secret: arguments.email_secret,
        aws_port: arguments.aws_port,
    };
    if arguments.check {
        return match check(&options).await {
            Ok(()) => {
                let good = "Every function would start with these settings.";
                let _ = writeln!(std::io::stdout(), "{good}");
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        };
    }
    let ended = match ended() {
        Ok(ended) => ended,
        Err(error) => return failed(&error),
    };
    match Server::start(&options).await {
        Ok(running) => {
            // One log for all functions: they are given the same settings for it.
            let functions = running.stack().functions.clone();
            let env = move |variable: &str| {
                let mut given = functions.iter();
                given.find_map(|function| function.environment.get(variable).cloned())
            };
            let audit = running.audit().clone();
            let to = move || Tee(audit.clone());
            if let Err(error) = log::start_to(&env, &crate::functions::with_own(), to) {
                return failed(&error);
            }
            if let Err(error) = write_environment(&options, &running) {
                return failed(&error);
            }
            greet(&running);
            ended.await;
            running.stop().await;
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "local: {error}");
    ExitCode::FAILURE
}

/// Beside the template, in `target`, which git leaves out.
fn write_environment(options: &Options, running: &Running) -> std::io::Result<()> {
    let Some(url) = running.aws_url() else {
        return Ok(());
    };
    let template = options.template.clone().unwrap_or_else(default_template);
    let target = template.parent().unwrap_or(Path::new("")).join("target");
    aws::write_environment(&target, running.stack(), &url)
}

/// A reader that went away is no reason to end.
fn greet(running: &Running) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "Listening on {}", running.url());
    if let Some(url) = running.aws_url() {
        let _ = writeln!(out, "AWS on {url}\n");
        for (name, value) in running.aws_environment() {
            let _ = writeln!(out, "{name}={value}");
        }
    }
    let _ = writeln!(
        out,
        "{}\n\nA journey to paste into a shell:\n\n{}",
        running.messages().note(),
        journey(running.url(), running.messages())
    );
    let _ = out.flush();
}

/// Ready when the process is told to end. Made before anything starts, so that no signal is missed.
#[cfg(unix)]
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
