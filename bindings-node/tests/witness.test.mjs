// The vendors' own SDKs against the sandbox, over a socket: what is right passes, what is wrong is refused as they do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
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

  const { default: Aliyun, SendSmsRequest } = need("@alicloud/dysmsapi20170525");
  const { $OpenApiUtil } = need("@alicloud/openapi-core");
  const aliyun = async (accessKeySecret, fields) => {
    const client = new Aliyun(new $OpenApiUtil.Config({ accessKeyId: "sandbox-id", accessKeySecret, endpoint, protocol: "http" }));
    const request = { phoneNumbers: "13800138000", signName: "示例", templateCode: "SMS_1", templateParam: '{"code":"123456"}', ...fields };
    return (await client.sendSms(new SendSmsRequest(request))).body;
  };

  test("Aliyun's SDK sends", async () => {
    const reply = await aliyun("sandbox-secret");
    assert.equal(reply.code, "OK", JSON.stringify(reply));
    assert.ok(reply.bizId && reply.requestId);
    assert.deepEqual([sandbox.outbox.at(-1).to, sandbox.outbox.at(-1).code], ["+8613800138000", "123456"]);
  });

  test("Aliyun's SDK hears what is wrong", async () => {
    const count = sandbox.outbox.length;
    await assert.rejects(aliyun("sandbox-other"), (error) => error.code === "SignatureDoesNotMatch");
    assert.equal((await aliyun("sandbox-secret", { templateCode: "SMS_404" })).code, "isv.SMS_TEMPLATE_ILLEGAL");
    assert.equal((await aliyun("sandbox-secret", { signName: "别的" })).code, "isv.SMS_SIGNATURE_ILLEGAL");
    assert.equal((await aliyun("sandbox-secret", { phoneNumbers: "123" })).code, "isv.MOBILE_NUMBER_ILLEGAL");
    assert.equal((await aliyun("sandbox-secret")).code, "isv.BUSINESS_LIMIT_CONTROL");
    assert.equal(sandbox.outbox.length, count);
  });

  const { sms } = need("tencentcloud-sdk-nodejs-sms");
  const tencent = (secretKey, fields) => {
    // The SDK reads the service out of the host's name and signs it, so the name is the real one, and the way is ours.
    const agent = new Agent();
    agent.createConnection = () => connect(server.address().port, "127.0.0.1");
    const profile = { httpProfile: { endpoint: "sms.tencentcloudapi.com", protocol: "http://", reqMethod: "POST", reqTimeout: 10, agent } };
    const client = new sms.v20210111.Client({ credential: { secretId: "sandbox-id", secretKey }, region: "ap-guangzhou", profile });
    return client.SendSms({ PhoneNumberSet: ["+8613900139000"], SmsSdkAppId: "1400000000", SignName: "示例", TemplateId: "1", TemplateParamSet: ["654321"], ...fields });
  };

  test("Tencent's SDK sends", async () => {
    const { SendStatusSet, RequestId } = await tencent("sandbox-secret");
    assert.equal(SendStatusSet[0].Code, "Ok", JSON.stringify(SendStatusSet));
    assert.ok(SendStatusSet[0].SerialNo && RequestId);
    const { to, fields } = sandbox.outbox.at(-1);
    assert.deepEqual([to, fields.params], ["+8613900139000", { 1: "654321" }]);
  });

  test("Tencent's SDK hears what is wrong", async () => {
    const count = sandbox.outbox.length;
    await assert.rejects(tencent("sandbox-other"), (error) => error.code === "AuthFailure.SignatureFailure");
    const code = async (fields) => (await tencent("sandbox-secret", fields)).SendStatusSet[0].Code;
    assert.equal(await code({ TemplateId: "404" }), "FailedOperation.TemplateIncorrectOrUnapproved");
    assert.equal(await code({ SignName: "别的" }), "FailedOperation.SignatureIncorrectOrUnapproved");
    assert.equal(sandbox.outbox.length, count);
  });
}
