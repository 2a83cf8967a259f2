package dev.weft.controlplane.validate.spec;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Recognises secrets by their form. Configuration is read by whoever may read documents, and is in
 * their history for good, so that a secret in it has to be changed. Pure; quantifiers are bounded,
 * so that no text takes long.
 */
final class SecretHints {
  private static final Map<String, Pattern> FORMS = forms();

  /** What people call keys of secrets, as the last word. */
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "(?i)(.*[._-])?(password|passwd|passphrase|secret|api[._-]?key|private[._-]?key"
              + "|access[._-]?token|auth[._-]?token|credentials)");

  private SecretHints() {}

  private static Map<String, Pattern> forms() {
    var forms = new LinkedHashMap<String, Pattern>();
    forms.put(
        "a private key",
        Pattern.compile("-----BEGIN ([A-Z0-9]{1,20} ){0,3}PRIVATE KEY( BLOCK)?-----"));
    // What stands in braces or angle brackets is filled in elsewhere.
    forms.put(
        "a URL with a password",
        Pattern.compile(
            "(?i)[a-z][a-z0-9+.-]{0,30}://[^\\s/:@?#]{0,256}:(?![$<{*])[^\\s/@]{1,512}@"));
    forms.put("an AWS access key", Pattern.compile("\\b(AKIA|ASIA)[A-Z0-9]{16}\\b"));
    forms.put(
        "an AWS secret key",
        Pattern.compile(
            "(?i)aws[a-z_.-]{0,20}(secret|key)[a-z_.-]{0,20}[\"'\\s:=]{1,5}"
                + "[a-z0-9/+]{40}(?![a-z0-9/+=])"));
    forms.put(
        "a JSON Web Token",
        Pattern.compile("\\beyJ[\\w-]{10,4096}\\.eyJ[\\w-]{10,8192}\\.[\\w-]{16,1024}"));
    forms.put(
        "an access token",
        Pattern.compile(
            "\\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\\w{22}|glpat-[\\w-]{20}"
                + "|xox[abeprs]-[A-Za-z0-9-]{10}|[rs]k_live_[A-Za-z0-9]{16}|AIza[\\w-]{35}"
                + "|npm_[A-Za-z0-9]{36}|SG\\.[\\w-]{22}\\.[\\w-]{43})"));
    return forms;
  }

  /** What a value looks like, e.g. "a private key"; null: like no secret. */
  static @Nullable String in(String value) {
    for (Map.Entry<String, Pattern> form : FORMS.entrySet()) {
      if (form.getValue().matcher(value).find()) {
        return form.getKey();
      }
    }
    return null;
  }

  /** Whether a key is called as those of secrets are. */
  static boolean isCalledSecret(String key) {
    return SECRET_KEY.matcher(key).matches();
  }
}
