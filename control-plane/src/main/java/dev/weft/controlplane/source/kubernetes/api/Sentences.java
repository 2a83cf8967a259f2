package dev.weft.controlplane.source.kubernetes.api;

/** What went wrong with the API server, in a person's words. Pure. */
final class Sentences {
  private Sentences() {}

  /** 401 and 403. */
  static String refused(ApiResource resource, ApiException failure) {
    if (failure.code() == 401) {
      return resource.shown()
          + " cannot be read: the API server does not accept our credentials (401): check the user of"
          + " the kubeconfig, or the service account's token; "
          + failure.getMessage();
    }
    String group = resource.group().isEmpty() ? "the core group (\"\")" : resource.group();
    return resource.shown()
        + " cannot be read: the control plane's role lacks get, list and watch on "
        + resource.plural()
        + " of "
        + group
        + " in all namespaces (403): add them to its ClusterRole; what is stored of them stays as it"
        + " is; "
        + failure.getMessage();
  }

  /** Everything else, which is hoped to pass: the same for every kind, so that it is told once. */
  static String unreached(ApiException failure) {
    String why =
        failure.code() == 429
            ? "the API server has too much to do (429) and is asked as slowly as it wants: "
            : "";
    return why + failure.getMessage() + "; what was last seen stays in force, trying on";
  }
}
