package events;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import java.util.List;
import java.util.Map;

/** AWS's own event classes, as a function's package brings them. https://github.com/aws/aws-lambda-java-libs/tree/main/aws-lambda-java-events */
public class Events {
    public SQSBatchResponse queue(SQSEvent event) {
        SQSEvent.SQSMessage message = event.getRecords().get(0);
        return new SQSBatchResponse(List.of(new SQSBatchResponse.BatchItemFailure(message.getMessageId() + " " + message.getBody() + " " + message.getEventSourceArn() + " " + message.getMessageAttributes().get("a").getStringValue())));
    }

    public String table(DynamodbEvent event) {
        return event.getRecords().get(0).getDynamodb().getNewImage().get("id").getN() + " " + event.getRecords().get(0).getDynamodb().getApproximateCreationDateTime().getTime();
    }

    public static class Http implements RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
        public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
            return APIGatewayV2HTTPResponse.builder().withStatusCode(200).withHeaders(Map.of("x", event.getRequestContext().getHttp().getMethod())).withBody(event.getRawPath()).build();
        }
    }

    public String schedule(ScheduledEvent event) { return event.getSource() + " " + event.getTime().getYear(); }
}
