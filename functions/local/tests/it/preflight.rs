//! What would stop a deployment's functions is refused before: by CloudFormation where a pattern or a rule can see it,
//! by `--check` always, and with the parameter's name.

use std::path::{Path, PathBuf};

use local::template::{Stack, Template, TemplateError, parse_overrides};
use local::{Options, check};
use regex::Regex;
use shared::address::regions::is_region;

const REQUIRED: [&str; 3] = [
    "JwtIssuer=https://issuer.example.com",
    "JwtAudience=api",
    "AllowedRegions=MY",
];
const SECRET: &str = "SmsSecretArn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:sms";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn with(given: &[&str]) -> Vec<String> {
    let all = REQUIRED.iter().chain(given);
    all.map(|&one| one.to_owned()).collect()
}

/// What CloudFormation says: parameters and rules, no function.
fn cloud_formation(given: &[&str]) -> Result<Stack, TemplateError> {
    let template = Template::read(&root().join("template.yaml"))?;
    template.as_deployed(&parse_overrides(&with(given))?)
}

async fn checked(given: &[&str]) -> Result<(), String> {
    let options = Options {
        overrides: with(given),
        ..Options::default()
    };
    check(&options).await.map_err(|error| error.to_string())
}

fn repeated(what: &str, times: usize) -> String {
    vec![what; times].join(",")
}

/// Values, whether CloudFormation sees it, and the parameter, or all of those, that are named.
const BAD: &[(&[&str], bool, &str)] = &[
    (&["DefaultRegion=UK"], true, "DefaultRegion"),
    (&["DefaultRegion=my"], true, "DefaultRegion"),
    (&["AllowedRegions=UK"], true, "AllowedRegions"),
    (&["AllowedRegions="], true, "AllowedRegions"),
    (&["AllowedRegions=MY,UK"], true, "AllowedRegions"),
    (&["AllowedRegions=MY, SG"], true, "AllowedRegions"),
    (&["AllowedRegions=MY,*"], true, "AllowedRegions"),
    (&["DeniedRegions=XX"], true, "DeniedRegions"),
    (&["DeniedRegions=*"], true, "DeniedRegions"),
    (&[SECRET], true, "SmsSecretArn"),
    (&["SmsSecretArn=sms"], true, "SmsSecretArn"),
    (&["SmsTemplate=Your code"], true, "SmsTemplate"),
    (&["SmsTemplate="], true, "SmsTemplate"),
    (&["SmsOldNumberTemplate= "], true, "SmsOldNumberTemplate"),
    (&["AllowedSenderIds=ACME, ACME2"], true, "AllowedSenderIds"),
    (&["SmsSenderId=AC"], true, "SmsSenderId"),
    (&["SmsSenderId=123"], true, "SmsSenderId"),
    (&["SmsSenderId=ACMEACMEACME"], true, "SmsSenderId"),
    (&["EmailSender=ACME"], true, "EmailSender"),
    (&["EmailSender=A@B <a@acme.example>"], true, "EmailSender"),
    (&["EmailSender=a@acme"], false, "EmailSender"),
    (
        &["EnableEmailVerification=true"],
        true,
        "EmailSender EnableEmailVerification",
    ),
    (&["EmailSecretArn=ses"], true, "EmailSecretArn"),
    (
        &["EmailConfigurationSet=a b"],
        true,
        "EmailConfigurationSet",
    ),
    (&["EmailSubject= "], true, "EmailSubject"),
    (
        &["EmailSubject=Code {{confirmation-code}}"],
        false,
        "EmailSubject",
    ),
    (&["EmailTemplate=Your code"], true, "EmailTemplate"),
    (&["EmailTemplate={{link}}"], false, "EmailTemplate"),
    (
        &[
            "EmailTemplate={{link}}.",
            "EmailLinkUrl=https://app.example",
        ],
        false,
        "EmailTemplate",
    ),
    (
        &["EmailLinkUrl=https://app.example/#x"],
        true,
        "EmailLinkUrl",
    ),
    (&["EmailLinkUrl=http://localhost/"], false, "EmailLinkUrl"),
    (&["EmailOldAddressSubject="], true, "EmailOldAddressSubject"),
    (
        &["EmailOldAddressTemplate={address}"],
        false,
        "EmailOldAddressTemplate",
    ),
    (&["OtpLength=5"], true, "OtpLength"),
    (&["MaxTriesPerCode=4.5"], false, "MaxTriesPerCode"),
    (
        &["OtpLength=4", "OtpCharacters=uppercase"],
        true,
        "OtpLength OtpCharacters",
    ),
    (&["OtpCharacters=digits"], true, "OtpCharacters"),
    (&["JwtIssuer=http://issuer.example.com"], true, "JwtIssuer"),
    (&["JwtIssuer="], true, "JwtIssuer"),
    (&["JwtAudience="], true, "JwtAudience"),
    (&["JwtAudience=a,,b"], true, "JwtAudience"),
    (&["ScopePrefix=users /"], true, "ScopePrefix"),
    (
        &["AllowedOrigins=https://app.example.com/"],
        true,
        "AllowedOrigins",
    ),
    (&["OriginDomain=https://example.com"], true, "OriginDomain"),
    (
        &["DomainName=api.example.com"],
        true,
        "CertificateArn DomainName",
    ),
    (&["BaseUrl=https://api.example.com/"], true, "BaseUrl"),
    (
        &["ClientAddressHeader=X Real IP"],
        true,
        "ClientAddressHeader",
    ),
    (&["ThrottleRate=55"], true, "ThrottleRate"),
    (
        &["UsersTableName=users"],
        true,
        "UsersTableName UsersTableStreamArn",
    ),
    (&["KmsKeyArn=alias/key"], true, "KmsKeyArn"),
    (&["AlarmTopicArn=topic"], true, "AlarmTopicArn"),
    (&["Metrics=false"], true, "Metrics Alarms"),
    (
        &["CreateUsersOnFirstUse=true"],
        true,
        "CreateUsersOnFirstUse IdentityAttribute",
    ),
    (&["GradualDeployment=Slowly"], true, "GradualDeployment"),
    (&["Nonsense=1"], true, "Nonsense"),
];

/// Each one line or list too long, or a text without room for its code.
fn too_long() -> Vec<(String, bool, &'static str)> {
    let cyrillic = "Ваш код подтверждения для входа в приложение : {{confirmation-code}}. Никому не сообщайте его, даже сотрудникам";
    let told = cyrillic.replace("{{confirmation-code}}", "{app}");
    vec![
        (
            format!("AllowedRegions={}", repeated("MY", 101)),
            true,
            "AllowedRegions",
        ),
        (
            format!("DeniedRegions={}", repeated("MY", 101)),
            true,
            "DeniedRegions",
        ),
        (
            format!("AllowedSenderIds={}", repeated("ACMEACME", 40)),
            true,
            "AllowedSenderIds",
        ),
        (
            format!("SmsTemplate={} {{{{confirmation-code}}}}", "a".repeat(480)),
            true,
            "SmsTemplate",
        ),
        // Two messages where one is allowed: how many a text needs is nothing that a pattern can say.
        (format!("SmsTemplate={cyrillic}"), false, "SmsTemplate"),
        (
            format!("SmsOldNumberTemplate={told}"),
            false,
            "SmsOldNumberTemplate",
        ),
    ]
}

async fn refused(given: &[&str], seen: bool, named: &str) {
    let refused = cloud_formation(given).is_err();
    assert_eq!(refused, seen, "{given:?} by CloudFormation");
    let said = checked(given).await.unwrap_err();
    for name in named.split(' ') {
        assert!(said.contains(name), "{given:?}: {said}");
    }
}

#[tokio::test]
async fn bad_values_never_get_as_far_as_a_function() {
    assert_eq!(checked(&[]).await, Ok(()));
    for &(given, seen, named) in BAD {
        refused(given, seen, named).await;
    }
    for (given, seen, named) in too_long() {
        refused(&[&given], seen, named).await;
    }
}

#[tokio::test]
async fn good_values_pass() {
    let texts = format!("SmsTemplate={}{{{{confirmation-code}}}}", "Ж".repeat(180));
    let regions = format!("AllowedRegions={}", repeated("MY", 100));
    for given in [
        &["AllowedRegions=*", "DeniedRegions=KP"][..],
        &["AllowedRegions=MY,SG", "DefaultRegion=MY"],
        &[&regions],
        &[&format!("{SECRET}-AbCdEf")],
        &[&texts, "MaxSmsSegments=3"],
        &["SmsSenderId=ACM"],
        &["SmsSenderId=1A2"],
        &["SmsSenderId=12A"],
        &["JwtIssuer=https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE"],
        &[
            "ScopePrefix=users/",
            "IdentityAttribute=externalId",
            "CreateUsersOnFirstUse=true",
        ],
        &["BaseUrl=https://id.example.com/verify"],
        &[
            "ClientAddressHeader=CloudFront-Viewer-Address",
            "MeScope=profile",
        ],
        &[
            "DomainName=api.example.com",
            "CertificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        ],
        &[
            "UsersTableName=stack-UsersTable-1ABC",
            "UsersTableStreamArn=arn:aws:dynamodb:eu-west-1:123456789012:table/stack-UsersTable-1ABC/stream/2026-11-27T12:00:00.000",
        ],
    ] {
        assert_eq!(checked(given).await, Ok(()), "{given:?}");
    }
}

/// The patterns know the same countries as the code; that a number is of no country is said with 001.
#[test]
fn patterns_know_every_region_and_no_other() {
    let template = crate::architecture::template();
    let pattern = |name: &str| {
        let pattern = template["Parameters"][name]["AllowedPattern"].as_str();
        Regex::new(pattern.unwrap()).unwrap()
    };
    let patterns = ["DefaultRegion", "AllowedRegions", "DeniedRegions"].map(pattern);
    let letters = || 'A'..='Z';
    for code in letters().flat_map(|a| letters().map(move |b| format!("{a}{b}"))) {
        for pattern in &patterns {
            assert_eq!(pattern.is_match(&code), is_region(&code), "{code}");
        }
    }
    let [one, allowed, denied] = patterns;
    for (list, here, there) in [
        ("*", true, false),
        ("001", true, false),
        ("*,001", true, false),
        ("MY,001", true, false),
        ("MY,SG", true, true),
        ("", false, true),
    ] {
        assert_eq!(
            (allowed.is_match(list), denied.is_match(list)),
            (here, there)
        );
        assert_eq!(one.is_match(list), list.is_empty(), "{list}");
    }
}

/// Lambda takes 4 KB of variables. What a deployment that uses everything at once may look like still fits.
#[tokio::test]
async fn the_settings_of_a_function_fit() {
    let regions = format!("AllowedRegions={}", repeated("MY", 100));
    let denied = format!("DeniedRegions={}", repeated("US", 100));
    let senders = format!("AllowedSenderIds={}", repeated("ACMEACME", 33));
    // Three messages' worth of Cyrillic, of two bytes each; a name of 64 letters of two bytes.
    let text = format!("SmsTemplate={}{{{{confirmation-code}}}}", "Ж".repeat(190));
    let told = format!("SmsOldNumberTemplate={}", "Ж".repeat(190));
    let name = format!("AppName={}", "Ж".repeat(64));
    let email = format!("EmailTemplate={} {{{{link}}}}", "Ж".repeat(160));
    let domain = format!("OriginDomain={}.example.com", "a".repeat(50));
    let arn = format!("{SECRET}{}-AbCdEf", "-provider".repeat(12));
    let given = [
        regions.as_str(),
        &denied,
        &senders,
        &text,
        &told,
        &name,
        &domain,
        &arn,
        "MaxSmsSegments=5",
        "EnableEmailVerification=true",
        "EmailSender=Verification at ACME <no-reply@verification.acme.example>",
        "EmailConfigurationSet=verification",
        "EmailLinkUrl=https://app.acme.example/account/confirm-email",
        &email,
        "BaseUrl=https://identity.example.com/verification",
        "ClientAddressHeader=CloudFront-Viewer-Address",
    ];
    assert_eq!(checked(&given).await, Ok(()));
    // Each within its own limit, all of them together beyond Lambda's.
    let text = format!("SmsTemplate={}{{{{confirmation-code}}}}", "🎉".repeat(290));
    let arn = format!("{SECRET}{}-AbCdEf", "-provider".repeat(28));
    let prefix = format!("ScopePrefix={}", "a".repeat(256));
    let claim = format!("IdentityClaim={}", "a".repeat(128));
    let given = [
        regions.as_str(),
        &denied,
        &senders,
        &text,
        &name,
        &arn,
        "MaxSmsSegments=10",
        &domain,
        &prefix,
        &claim,
    ];
    assert!(cloud_formation(&given).is_ok());
    let said = checked(&given).await.unwrap_err();
    assert!(
        said.starts_with("parameter SmsTemplate: the settings of"),
        "{said}"
    );
}

/// Whatever may be set for e-mails, each as long as it may be, beside the defaults of the rest; of domains there is room
/// for some.
#[tokio::test]
async fn the_settings_of_emails_fit() {
    let longest = |given: &str, more: usize| format!("{given}{}", "a".repeat(more));
    let sender = longest("EmailSender=", 180);
    let mailbox = format!("{}@{}.example", "a".repeat(64), "a".repeat(60));
    let secret = "EmailSecretArn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
    let settings = [
        "EnableEmailVerification=true".to_owned(),
        format!("{sender} <{mailbox}>"),
        format!("{}-AbCdEf", longest(secret, 256)),
        longest("EmailConfigurationSet=", 64),
        longest("EmailSubject=", 120),
        format!("{} {{{{link}}}}", longest("EmailTemplate=", 471)),
        longest("EmailLinkUrl=https://app.example/", 236),
        longest("EmailOldAddressSubject=", 120),
        longest("EmailOldAddressTemplate=", 480),
    ];
    let domains =
        |name: &str, count: usize| format!("{name}={}", repeated("abcdef.example", count));
    let some = [domains("AllowedEmailDomains", 20)];
    let many = [
        domains("AllowedEmailDomains", 66),
        domains("DeniedEmailDomains", 66),
    ];
    let with = |domains: &[String]| {
        let given: Vec<String> = settings.iter().chain(domains).cloned().collect();
        async move {
            let given: Vec<&str> = given.iter().map(String::as_str).collect();
            assert!(cloud_formation(&given).is_ok());
            checked(&given).await
        }
    };
    assert_eq!(with(&some).await, Ok(()));
    let said = with(&many).await.unwrap_err();
    assert!(
        said.starts_with("parameter DeniedEmailDomains: the settings of"),
        "{said}"
    );
}

/// `samconfig.toml` asks for what has no default, and is refused as long as that is not filled in.
#[tokio::test]
async fn a_stage_asks_for_what_has_no_default() {
    let text = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    for stage in ["dev", "prod"] {
        let section = text
            .split(&format!("[{stage}.deploy.parameters]"))
            .nth(1)
            .unwrap();
        let list = section.split("parameter_overrides = [").nth(1).unwrap();
        let list = list.split(']').next().unwrap();
        let entries: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
        let names: Vec<&str> = entries
            .iter()
            .map(|one| one.split('=').next().unwrap())
            .collect();
        assert_eq!(names[..3], ["JwtIssuer", "JwtAudience", "AllowedRegions"]);
        let filled = entries
            .iter()
            .filter(|one| !one.ends_with("=\"\""))
            .copied();
        assert_eq!(
            checked(&filled.collect::<Vec<_>>()).await,
            Ok(()),
            "{stage}"
        );
        let options = Options {
            overrides: entries.iter().map(|&one| one.to_owned()).collect(),
            ..Options::default()
        };
        let said = check(&options).await.unwrap_err().to_string();
        assert!(
            said.starts_with("parameter JwtIssuer") || said.starts_with("parameter AllowedRegions"),
            "{said}"
        );
    }
}

/// What a deployment is given without its stage: refused, too, by each name.
#[tokio::test]
async fn what_has_no_default_must_be_given() {
    for (missing, name) in REQUIRED
        .iter()
        .zip(["JwtIssuer", "JwtAudience", "AllowedRegions"])
    {
        let others = REQUIRED.iter().filter(|one| *one != missing);
        let options = Options {
            overrides: others.map(|&one| one.to_owned()).collect(),
            ..Options::default()
        };
        let said = check(&options).await.unwrap_err().to_string();
        assert_eq!(
            said,
            format!("parameter {name}: has no default: give it with --parameter-overrides")
        );
    }
}
