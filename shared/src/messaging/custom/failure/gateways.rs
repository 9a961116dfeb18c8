//! Answers of gateways in a 2xx: whose, and what. Where they are from is each gateway's own documentation:
//!
//! - Africa's Talking: <https://developers.africastalking.com/docs/sms/sending/bulk> (statusCode 100 to 102 took it over,
//!   401 to 502 did not)
//! - Infobip: <https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes> (groups 2, 4 and 5
//!   of a status are failures, group 0 of an error is none)
//! - MSG91: <https://docs.msg91.com/sms/send-sms>
//! - MessageBird: <https://developers.messagebird.com/api/sms-messaging/>
//! - Azure: <https://learn.microsoft.com/en-us/rest/api/communication/sms/sms/send> (202 for each recipient's own status)
//! - 8x8: <https://developer.8x8.com/connect/reference/send-sms-single>, `…/reference/message-status-reference`
//! - Unifonic: <https://docs.unifonic.com/reference/sms-api>
//! - Clickatell: <https://docs.clickatell.com/archive/channels/rest-api-reference/>
//! - Plivo: <https://www.plivo.com/docs/messaging/api/message>
//! - BulkSMS: <https://www.bulksms.com/developer/json/v1/>, <https://www.bulksms.com/developer/eapi/>
//! - Vonage: <https://developer.vonage.com/en/api/sms>
//! - Twilio: <https://www.twilio.com/docs/messaging/api/message-resource>
//! - LibyaSMS: <https://docs.libyasms.com/5_apiresponsestatus/>
//! - Ideamart: <https://docs.ideamart.io/> (S1000)
//! - Fast2SMS: <https://docs.fast2sms.com/>
//! - SOAP: <https://www.w3.org/TR/2000/NOTE-SOAP-20000508/> §4.4, <https://www.w3.org/TR/soap12-part1/> §5.4

/// The message is on its way.
pub const TAKEN_OVER: &[(&str, &str)] = &[
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Message":"Sent to 1/1 Total Cost: KES 0.8000","Recipients":[{"statusCode":101,"number":"+254711XXXYYY","status":"Success","cost":"KES 0.8000","messageId":"ATPid_SampleTxnId123"}]}}"#,
    ),
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Message":"Sent to 1/1 Total Cost: 0","Recipients":[{"statusCode":100,"number":"+254711XXXYYY","status":"Success","cost":"TZS 44.0000","messageParts":2}]}}"#,
    ),
    (
        "Africa's Talking",
        r"<AfricasTalkingResponse><SMSMessageData><Message>Sent to 1/1 Total Cost: KES 0.8000</Message><Recipients><Recipient><number>+254711XXXYYY</number><status>Success</status><statusCode>101</statusCode></Recipient></Recipients></SMSMessageData></AfricasTalkingResponse>",
    ),
    (
        "Infobip",
        r#"{"bulkId":"1478260834465349756","messages":[{"to":"41793026727","status":{"groupId":1,"groupName":"PENDING","id":26,"name":"PENDING_ACCEPTED","description":"Pending Accepted"},"messageId":"2250be2d4219-3af1-78856-aabe-1362af1edfd2"}]}"#,
    ),
    (
        "Infobip",
        r#"{"messages":[{"status":{"groupId":1,"groupName":"PENDING","id":7,"name":"PENDING_ENROUTE"},"messageId":"1"}]}"#,
    ),
    (
        "Infobip",
        r#"{"results":[{"messageId":"1","status":{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET"},"error":{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR","description":"No Error","permanent":false}}]}"#,
    ),
    (
        "MSG91",
        r#"{"type":"success","message":"3763646c3058373530393938"}"#,
    ),
    (
        "MSG91",
        r#"{"message":"5134842646923e183d000075","type":"success","code":"200"}"#,
    ),
    (
        "MessageBird",
        r#"{"id":"e8077d803532c0b5937c639b60216938","direction":"mt","type":"sms","originator":"YourName","body":"This is a test","reference":null,"validity":null,"recipients":{"totalCount":1,"totalSentCount":1,"totalDeliveredCount":0,"totalDeliveryFailedCount":0,"items":[{"recipient":31612345678,"status":"sent","statusDatetime":"2016-05-03T14:26:57+00:00"}]}}"#,
    ),
    (
        "MessageBird",
        r#"{"recipients":{"totalDeliveryFailedCount":0,"items":[{"recipient":31612345678,"status":"buffered","statusReason":"pending DLR","statusErrorCode":null}]}}"#,
    ),
    (
        "Azure",
        r#"{"value":[{"to":"+15555550100","messageId":"Outgoing_20240101","httpStatusCode":202,"repeatabilityResult":"accepted","successful":true}]}"#,
    ),
    (
        "Azure",
        r#"{"value":[{"to":"+15555550100","messageId":"Outgoing_1","httpStatusCode":202,"successful":true,"errorMessage":null}]}"#,
    ),
    (
        "8x8",
        r#"{"umid":"bda3d56a-1424-e711-813c-06ed3428fe67","clientMessageId":null,"destination":"+6512345678","encoding":"GSM7","status":{"code":"QUEUED","description":"SMS is accepted and queued for processing"}}"#,
    ),
    (
        "8x8",
        r#"{"batchId":"1","acceptedCount":1,"rejectedCount":0,"messages":[{"umid":"1","status":{"state":"queued","timestamp":"2016-01-01T00:00:00Z"}}]}"#,
    ),
    (
        "Unifonic",
        r#"{"success":true,"message":"","errorCode":"ER-00","data":{"MessageID":42000348806924,"CorrelationID":"CorrelationID","Status":"Sent","NumberOfUnits":0,"Cost":0,"Balance":0,"Recipient":"9660000000000","TimeCreated":"2022-09-06 14:06:25.979","CurrencyCode":""}}"#,
    ),
    (
        "Unifonic",
        r#"{"success":"true","message":"","errorCode":"ER-00","data":{"Status":"Queued"}}"#,
    ),
    (
        "Clickatell",
        r#"{"data":{"message":[{"accepted":true,"to":"2799900001","apiMessageId":"77ae4b31fd6ac05e39ea45b03ea75d5e"}]}}"#,
    ),
    (
        "Clickatell",
        r#"{"messages":[{"apiMessageId":"77ae","accepted":true,"to":"2799900001","error":null}],"error":null}"#,
    ),
    (
        "Clickatell",
        r#"{"messages":[{"apiMessageId":"77ae","accepted":true,"to":"2799900001","errorCode":null,"error":{"code":null,"description":""}}],"errorCode":"","error":""}"#,
    ),
    ("Clickatell", "ID: c67d8b6f9e8bb0d8e4a3e5a1f3c8b2d1"),
    (
        "Plivo",
        r#"{"message":"message(s) queued","message_uuid":["db3ce55a-7f1d-11e1-8ea7-1231380bc196"],"api_id":"db342550-7f1d-11e1-8ea7-1231380bc196"}"#,
    ),
    (
        "Plivo",
        r#"{"api_id":"db34","message":"message(s) queued","message_uuid":["db3c"],"invalid_number":[],"error":""}"#,
    ),
    (
        "BulkSMS",
        r#"[{"id":"1234567","type":"SENT","from":"27000000000","to":"27000000001","body":"Hello","encoding":"TEXT","protocolId":0,"messageClass":0,"submission":{"id":"2-00000000000522347562","date":"2016-06-13T06:41:00Z"},"status":{"id":"ACCEPTED.null","type":"ACCEPTED","subtype":null},"relatedSentMessageId":null,"userSuppliedId":null}]"#,
    ),
    (
        "BulkSMS",
        r#"[{"type":"SENT","status":{"id":"SENT.null","type":"SENT"}}]"#,
    ),
    ("BulkSMS", "0|IN_PROGRESS|1234567"),
    (
        "Vonage",
        r#"{"message-count":"1","messages":[{"to":"447700900000","message-id":"0A0000000123ABCD1","status":"0","remaining-balance":"3.14159265","message-price":"0.03330000","network":"12345"}]}"#,
    ),
    (
        "Vonage",
        r"<?xml version='1.0' encoding='UTF-8' ?><mt-submission-response><messages count='1'><message><to>447700900000</to><messageId>0A0000000123ABCD1</messageId><status>0</status></message></messages></mt-submission-response>",
    ),
    (
        "Vonage",
        r#"{"message_uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}"#,
    ),
    (
        "Twilio",
        r#"{"account_sid":"AC1","body":"Hi","date_sent":null,"direction":"outbound-api","error_code":null,"error_message":null,"num_segments":"1","price":null,"sid":"SM1","status":"queued","subresource_uris":{"media":"/2010-04-01/Accounts/AC1/Messages/SM1/Media.json"},"to":"+15558675310"}"#,
    ),
    (
        "Twilio",
        r#"<?xml version="1.0" encoding="UTF-8"?><TwilioResponse><Message><Sid>SM1</Sid><Status>queued</Status><ErrorCode/><ErrorMessage/></Message></TwilioResponse>"#,
    ),
    (
        "LibyaSMS",
        r#"{"Status":"0","Text":"Acceptd","Message_ID":"1"}"#,
    ),
    (
        "Ideamart",
        r#"{"version":"1.0","requestId":"1","statusCode":"S1000","statusDetail":"Success","destinationResponses":[{"statusCode":"S1000","statusDetail":"Success","address":"tel:94771234567"}]}"#,
    ),
    (
        "Fast2SMS",
        r#"{"return":true,"request_id":"lwdtp7cjyqxvfe9","message":["Message sent successfully"]}"#,
    ),
    (
        "one with a code of its own",
        r#"{"success":true,"errorCode":"X-17","statusCode":1000}"#,
    ),
    (
        "one with empty members",
        r#"{"isSuccess":"True","error":{"code":"","message":"","details":[]},"errors":[""]}"#,
    ),
    (
        "one with counts",
        r#"{"sent":1,"failed":0,"success":1,"accepted":0,"return":0}"#,
    ),
    (
        "SOAP",
        r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><SendResponse xmlns="urn:x"><SendResult>1234567</SendResult></SendResponse></soap:Body></soap:Envelope>"#,
    ),
    (
        "XML by attributes",
        r#"<response success="true" errorCode="0"><message id="1" status="queued"/></response>"#,
    ),
];

/// It is not.
pub const FAILED: &[(&str, &str)] = &[
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Message":"Sent to 0/1 Total Cost: 0","Recipients":[{"cost":"0","messageId":"None","number":"+254711XXXYYY","status":"UserInBlacklist","statusCode":406}]}}"#,
    ),
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Message":"Sent to 0/1 Total Cost: 0","Recipients":[]}}"#,
    ),
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Recipients":[{"cost":"0","number":"+254790904509","status":"InsufficientBalance","statusCode":405}]}}"#,
    ),
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Recipients":[{"number":"+254711","status":"InvalidPhoneNumber"}]}}"#,
    ),
    (
        "Africa's Talking",
        r#"{"SMSMessageData":{"Recipients":[{"status":"RejectedByGateway","statusCode":"502"}]}}"#,
    ),
    (
        "Africa's Talking",
        r"<AfricasTalkingResponse><SMSMessageData><Message>Sent to 0/1 Total Cost: 0</Message></SMSMessageData></AfricasTalkingResponse>",
    ),
    (
        "Infobip",
        r#"{"messages":[{"to":"41793026727","status":{"groupId":5,"groupName":"REJECTED","id":12,"name":"REJECTED_NOT_ENOUGH_CREDITS","description":"Not enough credits"},"messageId":"1"}]}"#,
    ),
    (
        "Infobip",
        r#"{"messages":[{"status":{"id":52,"name":"REJECTED_DESTINATION"}}]}"#,
    ),
    (
        "Infobip",
        r#"{"messages":[{"status":{"groupId":2,"groupName":"UNDELIVERABLE","id":9,"name":"UNDELIVERABLE_NOT_DELIVERED"}}]}"#,
    ),
    (
        "Infobip",
        r#"{"messages":[{"status":{"groupName":"EXPIRED","name":"EXPIRED_EXPIRED"}}]}"#,
    ),
    (
        "Infobip",
        r#"{"results":[{"error":{"groupId":1,"groupName":"HANDSET_ERRORS","id":27,"name":"EC_ABSENT_SUBSCRIBER","permanent":false}}]}"#,
    ),
    (
        "Infobip",
        r#"{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}"#,
    ),
    ("MSG91", r#"{"type":"error","message":"Invalid authkey"}"#),
    (
        "MSG91",
        r#"{"message":"template id missing","type":"error","code":"302"}"#,
    ),
    (
        "MessageBird",
        r#"{"recipients":{"totalCount":1,"totalSentCount":1,"totalDeliveryFailedCount":1,"items":[{"recipient":31612345678,"status":"delivery_failed","statusErrorCode":104}]}}"#,
    ),
    (
        "MessageBird",
        r#"{"recipients":{"items":[{"recipient":31612345678,"status":"expired"}]}}"#,
    ),
    (
        "MessageBird",
        r#"{"errors":[{"code":2,"description":"Request not allowed (incorrect access_key)","parameter":"access_key"}]}"#,
    ),
    (
        "Azure",
        r#"{"value":[{"to":"+15555550100","httpStatusCode":400,"errorMessage":"Invalid To phone number format.","successful":false}]}"#,
    ),
    (
        "Azure",
        r#"{"value":[{"to":"+15555550100","messageId":"1","httpStatusCode":202,"successful":false}]}"#,
    ),
    (
        "Azure",
        r#"{"value":[{"to":"+15555550100","httpStatusCode":429}]}"#,
    ),
    (
        "8x8",
        r#"{"umid":"1","destination":"+6512345678","status":{"code":"REJECTED","description":"Invalid destination"}}"#,
    ),
    (
        "8x8",
        r#"{"umid":"1","status":{"state":"undelivered","errorCode":12,"errorMessage":"Unknown subscriber"}}"#,
    ),
    (
        "8x8",
        r#"{"batchId":"1","acceptedCount":0,"rejectedCount":1,"messages":[{"status":{"state":"rejected"}}]}"#,
    ),
    (
        "Unifonic",
        r#"{"success":false,"message":"Dest num is too short","errorCode":"ER-04","data":{}}"#,
    ),
    (
        "Unifonic",
        r#"{"success":"false","message":"Authentication failed","errorCode":"ER-01","data":null}"#,
    ),
    (
        "Unifonic",
        r#"{"errorCode":"ER-482","message":"Invalid dest num"}"#,
    ),
    (
        "Clickatell",
        r#"{"data":{"message":[{"accepted":false,"to":"2799900001","apiMessageId":"","error":{"code":"301","description":"No Credit Left"}}]}}"#,
    ),
    (
        "Clickatell",
        r#"{"messages":[{"apiMessageId":null,"accepted":false,"to":"27","error":{"code":105,"description":"Invalid Destination Address"}}],"error":null}"#,
    ),
    (
        "Clickatell",
        r#"{"error":{"code":"001","description":"Authentication failed","documentation":"https://www.clickatell.com"}}"#,
    ),
    ("Clickatell", "ERR: 114, Cannot route message"),
    (
        "Plivo",
        r#"{"api_id":"97ceeb52","error":"destination number is invalid"}"#,
    ),
    (
        "BulkSMS",
        r#"[{"type":"SENT","status":{"id":"FAILED.INSUFFICIENT_CREDITS","type":"FAILED","subtype":"INSUFFICIENT_CREDITS"}}]"#,
    ),
    (
        "BulkSMS",
        r#"[{"type":"SENT","status":{"type":"UNKNOWN","id":"UNKNOWN.NOT_SENT"},"submission":{"status":"failed"}}]"#,
    ),
    (
        "Vonage",
        r#"{"message-count":"1","messages":[{"status":"4","error-text":"Bad Credentials"}]}"#,
    ),
    (
        "Vonage",
        r#"{"messages":[{"status":4,"error-text":"Bad Credentials"}]}"#,
    ),
    (
        "Vonage",
        r"<?xml version='1.0' encoding='UTF-8' ?><mt-submission-response><messages count='1'><message><status>9</status><errorText>Quota Exceeded - rejected</errorText></message></messages></mt-submission-response>",
    ),
    (
        "Twilio",
        r#"{"sid":"SM1","status":"failed","error_code":30007,"error_message":"Carrier violation"}"#,
    ),
    ("Twilio", r#"{"sid":"SM1","status":"undelivered"}"#),
    (
        "Twilio",
        r"<TwilioResponse><Message><Sid>SM1</Sid><Status>undelivered</Status></Message></TwilioResponse>",
    ),
    (
        "LibyaSMS",
        r#"{"Status":"108","Text":"REJECTD","Message_ID":""}"#,
    ),
    ("SMPP's words", r#"[{"id":"1","status":"UNDELIV"}]"#),
    ("Ideamart", r#"{"statusCode":"E1313","error":"SLA"}"#),
    (
        "Fast2SMS",
        r#"{"return":false,"status_code":412,"message":"Invalid Authentication, Check Authorization Key"}"#,
    ),
    (
        "Fast2SMS",
        r#"{"status_code":412,"message":"Check Authorization Key"}"#,
    ),
    ("a flag alone", r#"{"result":false}"#),
    ("a flag alone", r#"{"is_success":false}"#),
    ("a flag alone", r#"{"IsSuccess":"False"}"#),
    ("a flag alone", r#"{"sent":false}"#),
    ("a word", r#"{"status":"canceled"}"#),
    ("a word", r#"{"status":"blocked"}"#),
    ("a word", r#"{"state":"Unauthorized"}"#),
    ("a word", r#"{"result":"Invalid number"}"#),
    (
        "success that is none",
        r#"{"success":true,"status":"failed"}"#,
    ),
    (
        "success that is none",
        r#"{"success":true,"error":"no credit"}"#,
    ),
    (
        "success that is none",
        r#"{"success":true,"statusCode":500}"#,
    ),
    (
        "SOAP",
        r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring>Login failed</faultstring></soap:Fault></soap:Body></soap:Envelope>"#,
    ),
    (
        "SOAP",
        r#"<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault><env:Code><env:Value>env:Sender</env:Value></env:Code></env:Fault></env:Body></env:Envelope>"#,
    ),
    ("XML by attributes", r#"<response success="false"/>"#),
    (
        "XML by attributes",
        r#"<response><message id="1" status="rejected"/></response>"#,
    ),
    (
        "XML by attributes",
        r#"<rsp stat="fail"><err code="100" msg="Invalid API Key"/></rsp>"#,
    ),
    (
        "XML",
        "<response><status><![CDATA[Failed]]></status></response>",
    ),
    (
        "XML that breaks off",
        "<response><status>error</status><mess",
    ),
    ("a text", "NOK no credit"),
    ("a text", "BAD REQUEST"),
    ("a text", "Rejected: sender"),
    ("a text", "Invalid credentials"),
    ("a text", "Sent to 0/1"),
];
