//! Which code means which class. Written by `scripts/error-classes.py`; don't edit.
#![cfg_attr(rustfmt, rustfmt_skip)]

use super::Class::{Account, Ambiguous, Rejected, Throttled, Unavailable};
use super::reading::Row;

/// Codes of aliyun: class, seconds until another try may pass (0: not told), the codes.
pub(super) const ALIYUN: &[Row] = &[
    (Rejected, 0, "isv.BLACK_KEY_CONTROL_LIMIT isv.CUSTOMER_REFUSED isv.DOMESTIC_NUMBER_NOT_SUPPORTED \
        isv.MOBILE_NUMBER_ILLEGAL"),
    #[cfg(feature = "email")]
    (Rejected, 0, "EmailFormatError EmailLengthError InvalidToAddress"),
    #[cfg(feature = "global")]
    (Rejected, 0, "BUSINESS_LIMIT_CONTROL_PHONE isv.COUNTRY_RESTRICTED isv.NOT_SUPPORTED_COUNTRY \
        isv.PHONE_NUMBER_ILLEGAL"),
    #[cfg(feature = "managed")]
    (Rejected, 0, "COUNTRY_BLACKLISTED MOBILE_NUMBER_ILLEGAL SECURITY_INTERCEPTED biz.FREQUENCY"),
    (Rejected, 60, "isv.BUSINESS_LIMIT_CONTROL"),
    #[cfg(feature = "global")]
    (Rejected, 60, "BUSINESS_LIMIT_CONTROL_MINUTE"),
    #[cfg(feature = "managed")]
    (Rejected, 60, "BUSINESS_LIMIT_CONTROL"),
    #[cfg(feature = "global")]
    (Rejected, 3600, "isv.BUSINESS_LIMIT_HOUR"),
    #[cfg(feature = "global")]
    (Rejected, 86400, "isv.BUSINESS_LIMIT_DAY"),
    (Account, 0, "ContentMD5NotMatched Forbidden IllegalTimestamp IncompleteSignature InsufficientBalance \
        InvalidAccessKeyId InvalidAction.NotFound InvalidApi.NotFound InvalidParameter \
        InvalidProduct.NotFound InvalidProtocol.NeedSsl InvalidSecurityToken \
        InvalidSignatureMethod InvalidTimeStamp InvalidVersion MissingParameter \
        MissingSecurityToken NoPermission NoSuchVersion SIGNATURE_BLACKLIST SignatureDoesNotMatch \
        UnsupportedHTTPMethod UnsupportedOperation UnsupportedParameter isp.RAM_PERMISSION_DENY \
        isv template_parameter_count_illegal"),
    #[cfg(feature = "email")]
    (Account, 0, "InvalidAddress.Locked InvalidBody InvalidMailAddress.NotFound \
        InvalidMailAddressDomain.Malformed InvalidMailAddressSendType.Malformed \
        InvalidMailAddressStatus.Malformed InvalidReceiver.NotFound InvalidReceiverName.Malformed \
        InvalidSendMail.Spam InvalidSubject.Malformed InvalidTemplate.NotFound \
        InvalidTemplateName.Malformed"),
    #[cfg(feature = "global")]
    (Account, 0, "INVALID_SENDERID isp.RES_OWNER_ID_UNKNOWN"),
    #[cfg(feature = "managed")]
    (Account, 0, "BIZ_NOT_OPEN_STATUS FUNCTION_NOT_OPENED INVALID_PARAMETERS NOT_SUPPORTED_CHANNEL \
        RESOURCE_NOT_ENOUGH RamPermissionDeny Unsupported.Account isp.VERIFY_SCHEME_NOT_EXIST"),
    (Throttled, 0, "Throttling"),
    (Unavailable, 0, "ServiceUnavailable"),
    (Ambiguous, 0, "InternalError SignatureNonceUsed isp"),
    #[cfg(feature = "email")]
    (Ambiguous, 0, "InternalServiceError"),
    #[cfg(feature = "managed")]
    (Ambiguous, 0, "SENTINEL_BLOCK_EXCEPTION SMS_SYSTEM_ERROR VOICE_SYSTEM_ERROR WHATSAPP_SYSTEM_ERROR"),
];

/// Codes of tencent: class, seconds until another try may pass (0: not told), the codes.
pub(super) const TENCENT: &[Row] = &[
    (Rejected, 0, "FailedOperation.PhoneNumberInBlacklist FailedOperation.PhoneNumberParseFail \
        InvalidParameterValue.IncorrectPhoneNumber LimitExceeded.AppCountryOrRegionInBlacklist \
        UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone \
        UnsupportedOperation.ContainDomesticPhoneNumber \
        UnsupportedOperation.GlobalTemplateToChineseMainlandPhone \
        UnsupportedOperation.UnsupportedRegion"),
    #[cfg(feature = "email")]
    (Rejected, 0, "FailedOperation.EmailAddrInBlacklist FailedOperation.FrequencyLimit \
        FailedOperation.IncorrectEmail FailedOperation.ReceiverHasUnsubscribed \
        FailedOperation.RejectedByRecipients FailedOperation.UnsupportMailType \
        InvalidParameterValue.IllegalEmailAddress InvalidParameterValue.ReceiverEmailInvalid"),
    #[cfg(feature = "legacy")]
    (Rejected, 0, "1015 1016 1045"),
    (Rejected, 30, "LimitExceeded.PhoneNumberThirtySecondLimit"),
    #[cfg(feature = "legacy")]
    (Rejected, 30, "1023"),
    (Rejected, 60, "LimitExceeded.DeliveryFrequencyLimit"),
    #[cfg(feature = "legacy")]
    (Rejected, 60, "1013"),
    #[cfg(feature = "email")]
    (Rejected, 600, "FailedOperation.TemporaryBlocked"),
    (Rejected, 3600, "LimitExceeded.PhoneNumberOneHourLimit"),
    #[cfg(feature = "legacy")]
    (Rejected, 3600, "1024"),
    (Rejected, 86400, "LimitExceeded.PhoneNumberDailyLimit LimitExceeded.PhoneNumberSameContentDailyLimit"),
    #[cfg(feature = "legacy")]
    (Rejected, 86400, "1025 1026"),
    (Account, 0, "ActionOffline AuthFailure DryRunOperation FailedOperation.ContainSensitiveWord \
        FailedOperation.FailResolvePacket FailedOperation.ForbidAddMarketingTemplates \
        FailedOperation.InsufficientBalanceInSmsPackage FailedOperation.JsonParseFail \
        FailedOperation.MarketingSendTimeConstraint FailedOperation.MissingSignature \
        FailedOperation.MissingSignatureList FailedOperation.MissingSignatureToModify \
        FailedOperation.MissingTemplateList FailedOperation.MissingTemplateToModify \
        FailedOperation.NotEnterpriseCertification FailedOperation.ParametersOtherError \
        FailedOperation.ProhibitSubAccountUse FailedOperation.QualificationIdNotApproved \
        FailedOperation.SignIdNotExist FailedOperation.SignNumberLimit \
        FailedOperation.SignatureIncorrectOrUnapproved FailedOperation.TemplateAlreadyPassedCheck \
        FailedOperation.TemplateIdNotExist FailedOperation.TemplateIncorrectOrUnapproved \
        FailedOperation.TemplateNumberLimit \
        FailedOperation.TemplateParamSetNotMatchApprovedTemplate \
        FailedOperation.TemplateUnapprovedOrNotExist InternalError.RequestTimeException \
        InternalError.RestApiInterfaceNotExist InvalidAction InvalidParameter \
        InvalidParameterValue InvalidRequest IpInBlacklist IpNotInWhitelist LimitExceeded \
        MissingParameter NoSuchProduct NoSuchVersion RequestSizeLimitExceeded ResourceInUse \
        ResourceNotFound UnauthorizedOperation UnknownParameter UnsupportedOperation \
        UnsupportedProtocol UnsupportedRegion"),
    #[cfg(feature = "email")]
    (Account, 0, "FailedOperation.AttachContentToolarge FailedOperation.EmailContentToolarge \
        FailedOperation.ExceedSendLimit FailedOperation.HighRejectionRate \
        FailedOperation.IllegalURL FailedOperation.IncorrectSender \
        FailedOperation.InsufficientBalance FailedOperation.InsufficientQuota \
        FailedOperation.InvalidAttachName FailedOperation.InvalidTemplateID \
        FailedOperation.MissingEmailContent FailedOperation.NoAttachPermission \
        FailedOperation.NotAuthenticatedSender FailedOperation.ProtocolCheckErr \
        FailedOperation.TooManyAttachments FailedOperation.TooManyRecipients \
        FailedOperation.URLForbidden FailedOperation.WithOutPermission \
        FailedOperation.WrongContentJson OperationDenied"),
    #[cfg(feature = "legacy")]
    (Account, 0, "1001 1002 1003 1004 1006 1009 1011 1012 1014 1017 1019 1020 1021 1022 1029 1030 1031 1032 \
        1033 1034 1036 1038 1046 1047 1048"),
    (Throttled, 0, "LimitExceeded.GlobalSmsSendingRateLimit RequestLimitExceeded"),
    (Unavailable, 0, "InternalError.JsonParseFail InternalError.SigFieldMissing \
        InternalError.SigVerificationFail ResourceInsufficient ResourceUnavailable \
        ServiceUnavailable"),
    #[cfg(feature = "email")]
    (Unavailable, 0, "FailedOperation.ServiceNotAvailable"),
    (Ambiguous, 0, "FailedOperation InternalError"),
    #[cfg(feature = "legacy")]
    (Ambiguous, 0, "1007 1008 60008"),
];
