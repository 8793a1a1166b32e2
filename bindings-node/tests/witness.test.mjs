// The vendors' own SDKs against the sandbox, over a socket: what is right passes, what is wrong is refused as they do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Sandbox } from "sansms/testing";
import { environment } from "./tools.mjs";

const need = environment("witness");
if (need === undefined) test("the SDKs are there", () => assert.fail("run scripts/node-tools witness"));
else {
  const sandbox = new Sandbox();
  const server = createServer(sandbox.listener());
  let endpoint;
  before(async () => {
    await once(server.listen(0, "127.0.0.1"), "listening");
    endpoint = `127.0.0.1:${server.address().port}`;
  });
  after(() => (server.closeAllConnections(), server.close()));

  const { $OpenApiUtil } = need("@alicloud/openapi-core");
  /** Calls an action of one of Aliyun's products; every product has an SDK of its own. */
  const call = async (product, action, fields, accessKeySecret = "sandbox-secret", accessKeyId = "sandbox-id") => {
    const { default: Client, ...models } = need(product);
    const client = new Client(new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, endpoint, protocol: "http" }));
    const request = new models[`${action[0].toUpperCase()}${action.slice(1)}Request`](fields);
    return (await client[action](request)).body;
  };
  const raises = (promise, code) => assert.rejects(promise, (error) => error.code === code, code);

  const send = (fields, ...key) =>
    call("@alicloud/dysmsapi20170525", "sendSms", { phoneNumbers: "13800138000", signName: "示例", templateCode: "SMS_1", templateParam: '{"code":"123456"}', outId: "send-7", ...fields }, ...key);

  test("Aliyun's SDK sends", async () => {
    const reply = await send({});
    assert.equal(reply.code, "OK", JSON.stringify(reply));
    assert.ok(reply.bizId && reply.requestId);
    assert.deepEqual([sandbox.outbox.at(-1).to, sandbox.outbox.at(-1).code], ["+8613800138000", "123456"]);
  });

  test("Aliyun's SDK hears what is wrong", async () => {
    const count = sandbox.outbox.length;
    await raises(send({}, "sandbox-other"), "SignatureDoesNotMatch");
    await raises(send({}, "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
    assert.equal((await send({ templateCode: "SMS_404" })).code, "isv.SMS_TEMPLATE_ILLEGAL");
    assert.equal((await send({ signName: "别的" })).code, "isv.SMS_SIGNATURE_ILLEGAL");
    assert.equal((await send({ phoneNumbers: "123" })).code, "isv.MOBILE_NUMBER_ILLEGAL");
    assert.equal((await send({ templateParam: '{"code":"1"}' })).code, "isv.PARAM_LENGTH_LIMIT");
    assert.equal((await send({})).code, "isv.BUSINESS_LIMIT_CONTROL");
    assert.equal(sandbox.outbox.length, count);
  });

  test("Aliyun's SDK sends a batch, and asks what became of it", async () => {
    const batch = (fields, ...key) =>
      call("@alicloud/dysmsapi20170525", "sendBatchSms", { phoneNumberJson: '["13800138011","13800138012"]', signNameJson: '["示例","示例"]', templateCode: "SMS_1", templateParamJson: '[{"code":"111111"},{"code":"222222"}]', ...fields }, ...key);
    const count = sandbox.outbox.length;
    await raises(batch({}, "sandbox-other"), "SignatureDoesNotMatch");
    await raises(batch({}, "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
    assert.equal((await batch({ templateParamJson: "[]" })).code, "isv.INVALID_PARAMETERS");
    assert.equal((await batch({ templateParamJson: '[{"code":"1"},{"code":"222222"}]' })).code, "isv.PARAM_LENGTH_LIMIT");
    assert.equal((await batch({ templateCode: "SMS_404" })).code, "isv.SMS_TEMPLATE_ILLEGAL");
    assert.equal((await batch({ signNameJson: '["示例","别的"]' })).code, "isv.SMS_SIGNATURE_ILLEGAL");
    assert.equal((await batch({ phoneNumberJson: '["13800138011","123"]' })).code, "isv.MOBILE_NUMBER_ILLEGAL");
    assert.equal(sandbox.outbox.length, count);
    const { code, bizId } = await batch({});
    assert.equal(code, "OK");
    assert.deepEqual(sandbox.outbox.slice(-2).map((sms) => sms.code), ["111111", "222222"]);
    // A run that goes on past midnight in China finds it on the day before.
    const found = [];
    for (const hours of [8, -16]) {
      const sendDate = new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 10).replaceAll("-", "");
      const fields = { phoneNumber: "13800138012", sendDate, pageSize: 10, currentPage: 1, bizId };
      found.push(...(await call("@alicloud/dysmsapi20170525", "querySendDetails", fields)).smsSendDetailDTOs.smsSendDetailDTO);
    }
    assert.deepEqual(found.map((sms) => [sms.sendStatus, sms.errCode]), [[3, "DELIVERED"]]);
    const details = (phoneNumber, ...key) =>
      call("@alicloud/dysmsapi20170525", "querySendDetails", { phoneNumber, sendDate: "20260131", pageSize: 10, currentPage: 1 }, ...key);
    assert.equal((await details("123")).code, "isv.MOBILE_NUMBER_ILLEGAL");
    await raises(details("13800138012", "sandbox-other"), "SignatureDoesNotMatch");
    await raises(details("13800138012", "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
  });

  test("Aliyun's SDK for codes sends and checks", async () => {
    const number = { phoneNumber: "13800138021", schemeName: "login" };
    const ask = (fields, ...key) =>
      call("@alicloud/dypnsapi20170525", "sendSmsVerifyCode", { ...number, signName: "示例", templateCode: "100001", templateParam: '{"code":"##code##","min":"5"}', codeLength: 6, ...fields }, ...key);
    const check = (verifyCode, fields, ...key) =>
      call("@alicloud/dypnsapi20170525", "checkSmsVerifyCode", { ...number, verifyCode, ...fields }, ...key);
    await raises(ask({}, "sandbox-other"), "SignatureDoesNotMatch");
    await raises(ask({}, "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
    assert.equal((await ask({ templateCode: "404" })).code, "INVALID_PARAMETERS");
    assert.equal((await ask({ signName: "别的" })).code, "INVALID_PARAMETERS");
    assert.equal((await ask({ phoneNumber: "123" })).code, "MOBILE_NUMBER_ILLEGAL");
    const reply = await ask({ returnVerifyCode: true });
    const { verifyCode } = reply.model;
    assert.deepEqual([reply.code, reply.success, verifyCode], ["OK", true, sandbox.outbox.at(-1).code]);
    assert.equal((await ask({})).code, "biz.FREQUENCY");
    await raises(check("x00000", {}), "isv.ValidateFail");
    await raises(check(verifyCode, { schemeName: "reset" }), "isv.ValidateFail");
    await raises(check(verifyCode, {}, "sandbox-other"), "SignatureDoesNotMatch");
    await raises(check(verifyCode, {}, "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
    await raises(check(verifyCode, { phoneNumber: "13800138029" }), "isv.ValidateFail");
    assert.equal((await check(verifyCode, { phoneNumber: "123" })).code, "MOBILE_NUMBER_ILLEGAL");
    assert.equal((await check(verifyCode, {})).model.verifyResult, "PASS");

    assert.equal((await ask({ phoneNumber: "13800138022", validTime: 1 })).code, "OK");
    await sleep(1_100);
    await raises(check(sandbox.outbox.at(-1).code, { phoneNumber: "13800138022" }), "isv.ValidateFail");
  });

  test("Aliyun's SDK for mail sends", async () => {
    const count = sandbox.outbox.length;
    const mail = (fields, ...key) =>
      call("@alicloud/dm20151123", "singleSendMail", { accountName: "no-reply@mail.example.com", addressType: 1, replyToAddress: false, toAddress: "tom@example.com", subject: "验证码", textBody: "您的验证码是424242。", ...fields }, ...key);
    assert.ok((await mail({})).envId);
    assert.deepEqual([sandbox.outbox.at(-1).to, sandbox.outbox.at(-1).code], ["tom@example.com", "424242"]);
    await raises(mail({}, "sandbox-other"), "SignatureDoesNotMatch");
    await raises(mail({}, "sandbox-secret", "sandbox-other"), "InvalidAccessKeyId.NotFound");
    await raises(mail({ textBody: undefined }), "InvalidBody");
    await raises(mail({ subject: "x".repeat(257) }), "InvalidSubject.Malformed");
    await raises(mail({ accountName: "who@mail.example.com" }), "InvalidMailAddress.NotFound");
    await raises(mail({ toAddress: "nobody" }), "InvalidToAddress");
    assert.equal(sandbox.outbox.length, count + 1);
  });

  const { sms } = need("tencentcloud-sdk-nodejs-sms");
  const tencent = (action, fields, secretKey = "sandbox-secret", secretId = "sandbox-id", signMethod = "TC3-HMAC-SHA256") => {
    // The SDK reads the service out of the host's name and signs it, so the name is the real one, and the way is ours.
    const agent = new Agent();
    agent.createConnection = () => connect(server.address().port, "127.0.0.1");
    const profile = { signMethod, httpProfile: { endpoint: "sms.tencentcloudapi.com", protocol: "http://", reqMethod: "POST", reqTimeout: 10, agent } };
    const client = new sms.v20210111.Client({ credential: { secretId, secretKey }, region: "ap-guangzhou", profile });
    return client[action]({ SmsSdkAppId: "1400000000", ...fields });
  };
  const code = { PhoneNumberSet: ["+8613900139000"], SignName: "示例", TemplateId: "1", TemplateParamSet: ["654321"], SessionContext: "send-7" };

  test("Tencent's SDK sends", async () => {
    const { SendStatusSet, RequestId } = await tencent("SendSms", code);
    assert.equal(SendStatusSet[0].Code, "Ok", JSON.stringify(SendStatusSet));
    assert.ok(SendStatusSet[0].SerialNo && RequestId);
    const { to, fields } = sandbox.outbox.at(-1);
    assert.deepEqual([to, fields.params], ["+8613900139000", { 1: "654321" }]);
  });

  test("Tencent's SDK hears what is wrong", async () => {
    const count = sandbox.outbox.length;
    await raises(tencent("SendSms", code, "sandbox-other"), "AuthFailure.SignatureFailure");
    await raises(tencent("SendSms", code, "sandbox-secret", "sandbox-other"), "AuthFailure.SecretIdNotFound");
    const of = async (fields) => (await tencent("SendSms", { ...code, ...fields })).SendStatusSet[0].Code;
    assert.equal(await of({ TemplateId: "404" }), "FailedOperation.TemplateIncorrectOrUnapproved");
    assert.equal(await of({ SignName: "别的" }), "FailedOperation.SignatureIncorrectOrUnapproved");
    assert.equal(await of({ PhoneNumberSet: ["123"] }), "InvalidParameterValue.IncorrectPhoneNumber");
    assert.equal(await of({ TemplateParamSet: ["abcdef"] }), "InvalidParameterValue.TemplateParameterFormatError");
    assert.equal(await of({}), "LimitExceeded.PhoneNumberThirtySecondLimit");
    await raises(tencent("SendSms", { ...code, SmsSdkAppId: "1400000009" }), "UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    assert.equal(sandbox.outbox.length, count);
  });

  for (const [at, method] of ["HmacSHA1", "HmacSHA256"].entries())
    test(`Tencent's SDK signs with ${method}`, async () => {
      const other = { ...code, PhoneNumberSet: [`+861390013901${at}`] };
      await raises(tencent("SendSms", other, "sandbox-other", "sandbox-id", method), "AuthFailure.SignatureFailure");
      await raises(tencent("SendSms", other, "sandbox-secret", "sandbox-other", method), "AuthFailure.SecretIdNotFound");
      const { SendStatusSet } = await tencent("SendSms", other, "sandbox-secret", "sandbox-id", method);
      assert.deepEqual([SendStatusSet[0].Code, sandbox.outbox.at(-1).to], ["Ok", other.PhoneNumberSet[0]]);
    });

  test("Tencent's SDK asks what became of it", async () => {
    const now = Math.floor(Date.now() / 1000);
    const number = { BeginTime: now - 3_600, EndTime: now + 3_600, Offset: 0, Limit: 10, PhoneNumber: "+8613900139000" };
    const of = await tencent("PullSmsSendStatusByPhoneNumber", number);
    assert.deepEqual(of.PullSmsSendStatusSet.map((status) => status.ReportStatus), ["SUCCESS"]);
    const { PullSmsSendStatusSet: pulled } = await tencent("PullSmsSendStatus", { Limit: 10 });
    assert.deepEqual(pulled.map((status) => status.SessionContext), ["send-7", "send-7", "send-7"]);
    assert.deepEqual((await tencent("PullSmsSendStatus", { Limit: 10 })).PullSmsSendStatusSet, []);
    const hour = (by) => new Date((now + 28_800 + by) * 1000).toISOString().replace(/\D/g, "").slice(0, 10);
    const hours = { BeginTime: hour(-3_600), EndTime: hour(3_600), Limit: 0, Offset: 0 };
    assert.equal((await tencent("SendStatusStatistics", hours)).SendStatusStatistics.RequestSuccessCount, 3);
    await raises(tencent("PullSmsSendStatusByPhoneNumber", { ...number, PhoneNumber: "123" }), "InvalidParameterValue.IncorrectPhoneNumber");
    const asked = { PullSmsSendStatus: { Limit: 10 }, PullSmsSendStatusByPhoneNumber: number, SendStatusStatistics: hours };
    for (const [action, fields] of Object.entries(asked)) {
      await raises(tencent(action, fields, "sandbox-other"), "AuthFailure.SignatureFailure");
      await raises(tencent(action, fields, "sandbox-secret", "sandbox-other"), "AuthFailure.SecretIdNotFound");
      await raises(tencent(action, { ...fields, SmsSdkAppId: "1400000009" }), "UnauthorizedOperation.SmsSdkAppIdVerifyFail");
    }
  });
}
