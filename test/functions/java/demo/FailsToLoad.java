package demo;

public class FailsToLoad {
    public FailsToLoad() { throw new IllegalArgumentException("cannot be made"); }
    public String handle(Object event) { return "never"; }
}
