//! Every case that an outcome can be, with its text for people: data.

use super::Kind;

/// Makes the enum and its table from one list.
macro_rules! cases {
    ($($(#[$if:meta])* $case:ident = $code:literal, $kind:ident, $zh:literal, $en:literal;)*) => {
        /// A case of an outcome; each has a stable dotted code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$if])* #[doc = concat!("`", $code, "`: ", $en)] $case,)*
            /// A number that can't be read; the code is that of its error, `input.number.…`.
            InputNumber(&'static str),
            /// An e-mail address that can't be read; the code is that of its error, `input.email.…`.
            InputEmail(&'static str),
        }

        impl Code {
            /// All but the codes of numbers and addresses, which [`crate::phone`] and [`crate::email`] list.
            pub const ALL: &[Self] = &[$($(#[$if])* Self::$case,)*];

            /// Returns the dotted code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(#[$if])* Self::$case => $code,)* Self::InputNumber(code) | Self::InputEmail(code) => code }
            }

            /// Returns the kind of outcome that this is a case of.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $($(#[$if])* Self::$case => Kind::$kind,)* Self::InputNumber(_) | Self::InputEmail(_) => Kind::Invalid }
            }

            /// Returns the text for people in Chinese; `{wait}` and `{left}` stand for what is filled in.
            #[must_use]
            pub const fn text_zh(self) -> &'static str {
                match self { $($(#[$if])* Self::$case => $zh,)* Self::InputNumber(_) => "号码不正确。", Self::InputEmail(_) => "邮箱地址不正确。" }
            }

            /// Returns the text for people in English; `{wait}` and `{left}` stand for what is filled in.
            #[must_use]
            pub const fn text_en(self) -> &'static str {
                match self { $($(#[$if])* Self::$case => $en,)* Self::InputNumber(_) => "The number is not right.", Self::InputEmail(_) => "The address is not right." }
            }
        }
    };
}

cases! {
    Sent = "sent", Sent,
        "验证码已发送，请留意短信。", "The code is on its way.";
    SentReplayed = "sent.replayed", Sent,
        "验证码已发送，请留意短信。", "The code was sent a moment ago.";
    Verified = "verified", Verified,
        "验证成功。", "Verified.";
    CodeWrong = "code.wrong", WrongCode,
        "验证码不正确，还可尝试 {left} 次。", "That code is not right. Tries left: {left}.";
    CodeExpired = "code.expired", Expired,
        "验证码已失效，请重新获取。", "That code is no longer valid. Please ask for a new one.";
    CodeLocked = "code.locked", Locked,
        "错误次数过多，请重新获取验证码。", "Too many wrong tries. Please ask for a new code.";
    CheckUnknown = "check.unknown", Unknown,
        "验证码暂时无法核对，请在 {wait}后重试。", "The code could not be checked. Please try again in {wait}.";
    CheckUnavailable = "check.unavailable", Unavailable,
        "验证码暂时无法核对，请在 {wait}后重试。", "The code could not be checked. Please try again in {wait}.";
    LimitCooldown = "limit.cooldown", Limited,
        "发送过于频繁，请在 {wait}后重试。", "A code was just sent. Please try again in {wait}.";
    LimitNumber = "limit.number", Limited,
        "该号码获取验证码次数过多，请在 {wait}后重试。", "Too many codes for this number. Please try again in {wait}.";
    LimitWrongTries = "limit.wrong_tries", Limited,
        "该号码错误次数过多，请在 {wait}后重试。", "Too many wrong tries for this number. Please try again in {wait}.";
    LimitIp = "limit.ip", Limited,
        "操作过于频繁，请在 {wait}后重试。", "Too many requests. Please try again in {wait}.";
    LimitIpAttempts = "limit.ip_attempts", Limited,
        "操作过于频繁，请在 {wait}后重试。", "Too many requests. Please try again in {wait}.";
    LimitDevice = "limit.device", Limited,
        "操作过于频繁，请在 {wait}后重试。", "Too many requests. Please try again in {wait}.";
    LimitPrefix = "limit.prefix", Limited,
        "当前请求较多，请在 {wait}后重试。", "Many requests right now. Please try again in {wait}.";
    LimitCountry = "limit.country", Limited,
        "当前请求较多，请在 {wait}后重试。", "Many requests right now. Please try again in {wait}.";
    LimitBudget = "limit.budget", Limited,
        "当前请求较多，请在 {wait}后重试。", "Many requests right now. Please try again in {wait}.";
    LimitSlots = "limit.slots", Limited,
        "请先使用已收到的验证码，或在 {wait}后重试。", "Please use a code you have, or try again in {wait}.";
    LimitBusy = "limit.busy", Limited,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    GateChallenge = "gate.challenge", ChallengeRequired,
        "请先完成人机验证。", "Please complete the captcha first.";
    ProviderRejected = "provider.rejected", Undelivered,
        "短信未能发送，请检查号码或稍后重试。", "The message could not be sent. Please check the number or try later.";
    ProviderAccount = "provider.account", Undelivered,
        "短信服务暂不可用，请稍后重试。", "Messages can't be sent right now. Please try later.";
    ProviderThrottled = "provider.throttled", Undelivered,
        "短信服务繁忙，请稍后重试。", "Messages can't be sent right now. Please try later.";
    ProviderUnavailable = "provider.unavailable", Undelivered,
        "短信服务暂不可用，请稍后重试。", "Messages can't be sent right now. Please try later.";
    ProviderAmbiguous = "provider.ambiguous", Unknown,
        "短信可能已发送；如未收到，请在 {wait}后重试。", "The message may have been sent. If it does not come, try again in {wait}.";
    StoreDown = "store.down", Unavailable,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    StoreClock = "store.clock", Unavailable,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    StoreVersion = "store.version", Unavailable,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    StoreCorrupt = "store.corrupt", Unavailable,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    StoreReply = "store.reply", Unavailable,
        "系统繁忙，请在 {wait}后重试。", "Busy right now. Please try again in {wait}.";
    #[cfg(feature = "operations")]
    StoreOk = "store.ok", Answered,
        "存储正常。", "The store answers.";
    #[cfg(feature = "operations")]
    RecipientInspected = "recipient.inspected", Answered,
        "已查询。", "This is how the recipient stands.";
    #[cfg(feature = "operations")]
    RecipientReset = "recipient.reset", Answered,
        "已重置。", "The recipient's limits begin anew.";
    #[cfg(feature = "operations")]
    RecipientForgotten = "recipient.forgotten", Answered,
        "已删除。", "The recipient is forgotten.";
    #[cfg(feature = "operations")]
    ActionAnswered = "action.answered", Answered,
        "服务商已答复。", "The provider answered.";
    #[cfg(feature = "operations")]
    ActionInput = "action.input", Invalid,
        "参数不正确。", "A parameter is not right.";
    #[cfg(feature = "operations")]
    ActionRejected = "action.rejected", Unavailable,
        "服务商拒绝了该号码。", "The provider refuses this number.";
    #[cfg(feature = "operations")]
    ActionAccount = "action.account", Unavailable,
        "服务商拒绝了该调用，请检查账号。", "The provider refuses this call. Please check the account.";
    #[cfg(feature = "operations")]
    ActionThrottled = "action.throttled", Unavailable,
        "服务商繁忙，请稍后重试。", "The provider is busy. Please try later.";
    #[cfg(feature = "operations")]
    ActionUnavailable = "action.unavailable", Unavailable,
        "服务商暂不可用，请稍后重试。", "The provider can't be reached. Please try later.";
    #[cfg(feature = "operations")]
    ActionAmbiguous = "action.ambiguous", Unknown,
        "调用可能已生效，请先查询再重试。", "The call may have gone through. Please look before trying again.";
    InputCodeEmpty = "input.code.empty", Invalid,
        "请输入验证码。", "Please enter the code.";
    InputCodeLength = "input.code.length", Invalid,
        "验证码位数不对。", "The code has the wrong length.";
    InputCodeCharacter = "input.code.character", Invalid,
        "验证码格式不对。", "The code has a character that can't be in it.";
    InputCodeManaged = "input.code.managed", Invalid,
        "验证码由短信服务商生成。", "The provider makes the codes; none can be given.";
    InputIp = "input.ip", Invalid,
        "请求来源无法识别。", "The client's address can't be read.";
    InputPurpose = "input.purpose", Invalid,
        "请求用途无法识别。", "The purpose is unknown.";
    InputSession = "input.session", Invalid,
        "会话已失效，请刷新页面。", "The session is missing. Please reload the page.";
    InputTooLong = "input.too_long", Invalid,
        "输入过长。", "An input is too long.";
}
