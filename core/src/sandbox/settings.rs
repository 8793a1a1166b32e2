//! The accounts that the sandbox pretends to know.

use crate::config::{Section, Wrong, error};
use crate::error::{ConfigCode, ConfigError};
use crate::json::{self, Object, Value};
use crate::secret::Secret;
use crate::sign::Credentials;

/// All accounts.
pub(super) struct Settings {
    pub(super) aliyun: Account,
    /// The addresses that mails may come from.
    pub(super) senders: Vec<String>,
    pub(super) tencent: Account,
    /// What the apps of the Tencent account are called.
    pub(super) app_ids: Vec<String>,
    /// The AppKey of the older service.
    pub(super) app_key: Secret<String>,
    /// The mail templates of the Tencent account.
    pub(super) mails: Vec<(String, String)>,
    /// The key of the declared gateways.
    #[cfg_attr(not(feature = "gateway"), expect(dead_code, reason = "only declared gateways look at it"))]
    pub(super) gateway: Credentials,
    pub(super) seed: u64,
}

/// A key, and the signs and templates that are approved.
pub(super) struct Account {
    pub(super) credentials: Credentials,
    pub(super) signs: Vec<String>,
    templates: Vec<(String, String)>,
}

impl Settings {
    pub(super) fn read(config: &str) -> Result<Self, ConfigError> {
        let value = json::parse(config.as_bytes())
            .map_err(|_| error(ConfigCode::Type, "config", "must be a JSON object"))?;
        let mut top = Section::open("", &value)?;
        let empty = Value::Object(Object::default());
        let mut section = Section::open("aliyun", top.value("aliyun").unwrap_or(&empty))?;
        let read = Self::aliyun(&mut section);
        let (aliyun, senders) = section.settle(read)?;
        section.finish()?;
        let mut section = Section::open("tencent", top.value("tencent").unwrap_or(&empty))?;
        let read = Self::tencent(&mut section);
        let (tencent, app_ids, app_key, mails) = section.settle(read)?;
        section.finish()?;
        let mut section = Section::open("gateway", top.value("gateway").unwrap_or(&empty))?;
        let read = credentials(&mut section, "key", "secret", None);
        let gateway = section.settle(read)?;
        section.finish()?;
        let seed = top.number("seed", 0..=u64::MAX);
        let seed = top.settle(seed)?.unwrap_or(0);
        top.finish()?;
        Ok(Self { aliyun, senders, tencent, app_ids, app_key, mails, gateway, seed })
    }

    fn aliyun(section: &mut Section<'_>) -> Result<(Account, Vec<String>), Wrong> {
        let keys = ("access_key_id", "access_key_secret", "security_token");
        let account =
            Account::read(section, keys, &[("SMS_1", "您的验证码是${code}。"), ("SMS_2", ALIYUN_MINUTES)])?;
        Ok((account, texts(section, "senders", "no-reply@mail.example.com")?))
    }

    fn tencent(section: &mut Section<'_>) -> Result<Tencent, Wrong> {
        let keys = ("secret_id", "secret_key", "session_token");
        let account = Account::read(section, keys, &[("1", "您的验证码是{1}。"), ("2", TENCENT_MINUTES)])?;
        let app_ids = texts(section, "app_ids", "1400000000")?;
        let app_key = Secret::new(key(section, "app_key")?.unwrap_or("sandbox-secret").to_owned());
        let own = section.texts("mail_templates")?;
        let mails = if own.is_empty() { MAILS.to_vec() } else { own };
        let mails = mails.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Ok((account, app_ids, app_key, mails))
    }
}

/// An account, its apps, the key of the older service, and templates for mail.
type Tencent = (Account, Vec<String>, Secret<String>, Vec<(String, String)>);

impl Account {
    fn read(
        section: &mut Section<'_>,
        (id, secret, token): (&'static str, &'static str, &'static str),
        templates: &[(&str, &str)],
    ) -> Result<Self, Wrong> {
        let token = section.text(token)?;
        let credentials = credentials(section, id, secret, token)?;
        let signs = texts(section, "sign_names", "示例")?;
        let own = section.texts("templates")?;
        let templates = if own.is_empty() { templates.to_vec() } else { own };
        let templates = templates.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Ok(Self { credentials, signs, templates: templates.collect() })
    }

    /// Returns all approved templates: name and text.
    pub(super) fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.templates.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns an approved template's text.
    pub(super) fn template(&self, name: &str) -> Option<&str> {
        self.templates.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }
}

fn credentials(
    section: &mut Section<'_>,
    id: &'static str,
    secret: &'static str,
    token: Option<&str>,
) -> Result<Credentials, Wrong> {
    Ok(Credentials {
        id: key(section, id)?.unwrap_or("sandbox-id").to_owned(),
        secret: Secret::new(key(section, secret)?.unwrap_or("sandbox-secret").to_owned()),
        token: token.map(|token| Secret::new(token.to_owned())),
    })
}

/// Reads a key's part; one that doesn't begin with `sandbox-` might be real and has no place here.
fn key<'a>(section: &mut Section<'a>, option: &'static str) -> Result<Option<&'a str>, Wrong> {
    match section.text(option)? {
        Some(text) if !text.starts_with("sandbox-") => {
            Err(section.wrong(option, "must begin with `sandbox-`; a real key has no place here"))
        }
        other => Ok(other),
    }
}

fn texts(section: &mut Section<'_>, option: &'static str, default: &str) -> Result<Vec<String>, Wrong> {
    let found = section.list(option)?;
    if found.is_empty() {
        return Ok(vec![default.to_owned()]);
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    found
        .iter()
        .map(text)
        .collect::<Option<_>>()
        .ok_or_else(|| section.error(ConfigCode::Type, option, "must be texts"))
}

const ALIYUN_MINUTES: &str = "您的验证码是${code}，${minutes}分钟内有效。";
const TENCENT_MINUTES: &str = "您的验证码是{1}，{2}分钟内有效。";
const MAILS: &[(&str, &str)] =
    &[("1", "您的验证码是{{code}}。"), ("2", "您的验证码是{{code}}，{{minutes}}分钟内有效。")];
