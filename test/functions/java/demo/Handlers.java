package demo;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every form of handler that AWS documents. https://docs.aws.amazon.com/lambda/latest/dg/java-handler.html */
public class Handlers {
    public static class Order {
        private String item;
        private int count;
        public String getItem() { return item; }
        public void setItem(String item) { this.item = item; }
        public int getCount() { return count; }
        public void setCount(int count) { this.count = count; }
    }

    public static class Typed implements RequestHandler<Order, String> {
        public String handleRequest(Order order, Context context) { return order.getCount() + " x " + order.getItem(); }
    }

    public static class Streams implements RequestStreamHandler {
        public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException { out.write("streamed ".getBytes()); in.transferTo(out); }
    }

    /** Generic between the interface and the class. */
    abstract static class Base<I, O> implements RequestHandler<I, O> {
        public O handleRequest(I input, Context context) { return answer(input); }
        abstract O answer(I input);
    }
    public static class Generic extends Base<List<Integer>, Integer> {
        Integer answer(List<Integer> input) { return input.stream().mapToInt(Integer::intValue).sum(); }
    }

    public String plain(Order order) { return order.getItem(); }
    public Order withContext(Order order, Context context) { order.setItem(context.getFunctionName()); return order; }
    public void nothing(Map<String, Object> event) { }
    public int number(int event) { return event + 1; }
    public static String fixed() { return "no event"; }
    public void streams(InputStream in, OutputStream out, Context context) throws IOException { in.transferTo(out); }

    public Map<String, Object> context(Map<String, Object> event, Context context) {
        Map<String, Object> said = new HashMap<>();
        said.put("id", context.getAwsRequestId());
        said.put("arn", context.getInvokedFunctionArn());
        said.put("name", context.getFunctionName());
        said.put("version", context.getFunctionVersion());
        said.put("group", context.getLogGroupName());
        said.put("memory", context.getMemoryLimitInMB());
        said.put("remaining", context.getRemainingTimeInMillis());
        said.put("custom", context.getClientContext() == null ? null : context.getClientContext().getCustom());
        said.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
        said.put("variable", System.getenv("MINE"));
        said.put("task", System.getenv("LAMBDA_TASK_ROOT"));
        said.put("tool", System.getProperty("mine"));
        said.put("java", System.getProperty("java.specification.version"));
        said.put("heap", Runtime.getRuntime().maxMemory() / 1024 / 1024);
        return said;
    }

    public String logs(Map<String, Object> event, Context context) {
        LambdaLogger logger = context.getLogger();
        logger.log("one\nevent");
        logger.log("a detail", LogLevel.DEBUG);
        logger.log("be careful", LogLevel.WARN);
        System.out.println("printed");
        System.err.println("printed too");
        return "logged";
    }

    public String fails(Map<String, Object> event) { throw new IllegalStateException("no good", new RuntimeException("because")); }
    public String leaves(Map<String, Object> event) { System.exit(7); return ""; }
    public String fills(Map<String, Object> event) { long[][] all = new long[1000][]; for (int i = 0; i < all.length; i++) all[i] = new long[10_000_000]; return "" + all.length; }
    public String fromJar(Map<String, Object> event) throws Exception { return (String) Class.forName("other.Library").getField("NAME").get(null); }
}
