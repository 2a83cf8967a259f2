package dev.weft.interop;

import io.grpc.testing.integration.TestServiceClient;
import io.grpc.testing.integration.TestServiceServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/**
 * Either the suite's server, {@code server PORT [ARG...]}, or its client for one test case after
 * the other, {@code client CASE,CASE... ARG...}, which saves a JVM per case and prints a line for
 * each: {@code PASS case} or {@code FAIL case: why}. The arguments are the suite's own.
 */
public final class InteropMain {
  private InteropMain() {}

  public static void main(String[] args) throws Exception {
    List<String> rest = new ArrayList<>(List.of(args).subList(2, args.length));
    if (args[0].equals("server")) {
      rest.add("--port=" + args[1]);
      TestServiceServer.main(rest.toArray(String[]::new));
      return;
    }
    for (String test : args[1].split(",", -1)) {
      System.out.println(run(test, rest));
    }
    System.exit(0);
  }

  private static String run(String test, List<String> arguments) throws Exception {
    List<String> all = new ArrayList<>(arguments);
    all.add("--test_case=" + test);
    var client = new TestServiceClient();
    invoke(client, "parseArgs", String[].class, all.toArray(String[]::new));
    try {
      invoke(client, "setUp");
      invoke(client, "run");
      return "PASS " + test;
    } catch (InvocationTargetException e) {
      e.printStackTrace();
      return "FAIL " + test + ": " + e.getCause();
    } finally {
      invoke(client, "tearDown");
    }
  }

  // What its own main calls is not public.
  private static void invoke(TestServiceClient client, String name) throws Exception {
    Method method = TestServiceClient.class.getDeclaredMethod(name);
    method.setAccessible(true);
    method.invoke(client);
  }

  private static void invoke(TestServiceClient client, String name, Class<?> type, Object argument)
      throws Exception {
    Method method = TestServiceClient.class.getDeclaredMethod(name, type);
    method.setAccessible(true);
    method.invoke(client, argument);
  }
}
