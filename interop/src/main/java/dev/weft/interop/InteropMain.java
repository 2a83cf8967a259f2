package dev.weft.interop;

import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.testing.integration.TestCases;
import io.grpc.testing.integration.TestServiceClient;
import io.grpc.testing.integration.TestServiceServer;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Either the suite's server, {@code server PORT [ARG...]}, or its client for one test case after
 * the other, {@code client CASE,CASE... ARG...}, which saves a JVM per case and prints a line for
 * each: {@code PASS case} or {@code FAIL case: why}. The arguments are the suite's own. Or, with
 * {@code cases}, the names of the client's cases, a line each.
 */
public final class InteropMain {
  /** What the cases of ORCA want to be called with; see the suite's description of its cases. */
  private static final String ORCA_BALANCER =
      "--service_config_json={\"loadBalancingConfig\":[{\"test_backend_metrics_load_balancer\":{}}]}";

  private InteropMain() {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("cases")) {
      for (TestCases each : TestCases.values()) {
        System.out.println(each.name().toLowerCase(Locale.ROOT));
      }
      return;
    }
    List<String> rest = new ArrayList<>(List.of(args).subList(2, args.length));
    if (args[0].equals("server")) {
      rest.add("--port=" + args[1]);
      TestServiceServer.main(rest.toArray(String[]::new));
      return;
    }
    registerOrcaBalancer();
    for (String test : args[1].split(",", -1)) {
      System.out.println(run(test, rest));
    }
    System.exit(0);
  }

  private static String run(String test, List<String> arguments) throws Exception {
    List<String> all = new ArrayList<>(arguments);
    all.add("--test_case=" + test);
    if (test.startsWith("orca_")) {
      all.add(ORCA_BALANCER);
    }
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

  // As the client's own main does; the class is not public.
  private static void registerOrcaBalancer() throws ReflectiveOperationException {
    Constructor<?> constructor =
        Class.forName("io.grpc.testing.integration.CustomBackendMetricsLoadBalancerProvider")
            .getDeclaredConstructor();
    constructor.setAccessible(true);
    LoadBalancerRegistry.getDefaultRegistry()
        .register((LoadBalancerProvider) constructor.newInstance());
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
