package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.PolicyBatch;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyError;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Bad documents and what a person is told about them, as {@code line: object: path: message}. Lines
 * of a case that start with "- " are the errors expected, the rest is the manifest.
 */
class BadDocumentsTest {
  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: r}
      spec:
        parentRefs: [{group: "", kind: Service, name: catalog}]
        rules:
      """;

  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: s}
      spec:
      """;

  private final List<DynamicTest> cases = new ArrayList<>();

  @TestFactory
  List<DynamicTest> documents() {
    bad("no document", "# nothing\n", "0: : : is no document, expected at least one document");
    bad(
        "malformed",
        "kind: Service\n  spec: {",
        "2: : : is not well-formed YAML: mapping values are not allowed here");
    bad(
        "a list",
        "[1]",
        "1: : : is a list of 1, expected a mapping with apiVersion, kind," + " metadata and spec");
    bad(
        "items of a List",
        """
        apiVersion: v1
        kind: List
        items:
        - kind: Servic
          apiVersion: v1
          metadata: {name: s}
          spec: {}
        - 1
        """,
        "4: Servic default/s: items[0].kind: is \"Servic\", expected Service, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, TrafficPolicy or ConfigEntry; did you mean \"Service\"?",
        "8: : items[1]: is 1, expected a mapping with apiVersion, kind, metadata and spec");
    bad(
        "a List of nothing",
        "apiVersion: v1\nkind: List\nitems: []\n",
        "3: List: items: is a list of 0, expected a list of 1 to 1000");
    bad(
        "a List without items",
        "apiVersion: v1\nkind: List\n",
        "1: List: items: is missing, expected the objects");
    bad(
        "an alias",
        "a: &x [1]\nb: *x\n",
        "2: : : is the alias *x, expected the value itself: no aliases");
    bad(
        "a tag",
        "a: !!binary aGk=\n",
        "1: : : is the tag tag:yaml.org,2002:binary, expected a plain value: no tags");
    bad(
        "nested too deep",
        "[".repeat(40) + "]".repeat(40),
        "1: : : is nested deeper, expected at most 32 levels");
    bad(
        "too large",
        "#".repeat(1 << 20) + "\n",
        "0: : : is 1048577 characters, expected at most 1048576 characters in a manifest; split it");
    bad(
        "a kind of nobody",
        "apiVersion: v1\nkind: Sevice\nmetadata: {name: x}\nspec: {}\n",
        "2: Sevice default/x: kind: is \"Sevice\", expected Service, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, TrafficPolicy or ConfigEntry; did you mean \"Service\"?");
    bad(
        "another version",
        "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: HTTPRoute\nmetadata: {name: x}\n",
        "1: HTTPRoute default/x: apiVersion: is \"gateway.networking.k8s.io/v1beta1\", expected gateway.networking.k8s.io/v1",
        "1: HTTPRoute default/x: spec: is missing, expected what the object says");
    bad(
        "nothing said",
        "kind: Service\n",
        "1: Service: apiVersion: is missing, expected the apiVersion of its kind",
        "1: Service: metadata: is missing, expected a mapping with the object's name",
        "1: Service: spec: is missing, expected what the object says");
    bad(
        "names and labels",
        """
        apiVersion: v1
        kind: Service
        metadata: {name: a.b, namespace: default, labels: {tier: 1}}
        spec: {ports: [{port: 80}]}
        """,
        "3: Service default/a.b: metadata.name: is \"a.b\", expected a DNS label: 1 to 63 of a-z, 0-9 and \"-\"");
    bad(
        "a number as label",
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: a
          generateName: b
          labels:
            tier: 1
          lables: {}
        spec: {ports: [{port: 80}]}
        """,
        "5: Service default/a: metadata.generateName: is not supported yet: give the object a name",
        "7: Service default/a: metadata.labels[tier]: is 1, expected a string (put it in quotes)",
        "8: Service default/a: metadata.lables: unknown field; did you mean \"labels\"? Known here: name, namespace, labels, annotations");
    bad(
        "the same object twice",
        SERVICE + "  ports: [{port: 80}]\n---\n" + SERVICE + "  ports: [{port: 81}]\n",
        "9: Service default/s: metadata.name: is \"s\", expected each object once (it is also document 1 of m.yaml)");
    services();
    routes();
    return cases;
  }

  private void services() {
    bad(
        "a service without ports",
        SERVICE + "  selector: {a: b}\n",
        "4: Service default/s: spec.ports: is missing, expected at least one port");
    bad(
        "a service with no port",
        SERVICE + "  ports: []\n",
        "5: Service default/s: spec.ports: is a list of 0, expected a list of 1 to 100");
    bad(
        "ports",
        SERVICE
            + """
              type: ExternalName
              externalName: example.org
              sessionAffinity: Cookie
              publishNotReadyAddresses: true
              ports:
              - {port: 80, name: HTTP}
              - {port: 0, name: a, protocol: UDP}
              - {port: 80, name: a, targetPort: "80"}
              - {prot: 81, targetPort: 99999}
            """
                .indent(0),
        "5: Service default/s: spec.type: is \"ExternalName\", expected ClusterIP, NodePort or LoadBalancer",
        "6: Service default/s: spec.externalName: is not supported yet: a Service selects workloads of the mesh",
        "7: Service default/s: spec.sessionAffinity: is \"Cookie\", expected None or ClientIP",
        "8: Service default/s: spec.publishNotReadyAddresses: is true, expected false (what is not ready gets no requests)",
        "10: Service default/s: spec.ports[0].name: is \"HTTP\", expected a DNS label: 1 to 63 of a-z, 0-9 and \"-\"",
        "11: Service default/s: spec.ports[1].port: is 0, expected a whole number from 1 to 65535",
        "11: Service default/s: spec.ports[1].protocol: is \"UDP\", expected TCP",
        "12: Service default/s: spec.ports[2].name: is \"a\", expected a value that occurs once in its list",
        "12: Service default/s: spec.ports[2].targetPort: is \"80\", expected a port's name, or its number without quotes",
        "12: Service default/s: spec.ports[2].port: is 80, expected a value that occurs once in its list",
        "13: Service default/s: spec.ports[3].prot: unknown field; did you mean \"port\"? Known here: name, port, targetPort, protocol, appProtocol",
        "13: Service default/s: spec.ports[3].port: is missing, expected the port that callers address",
        "13: Service default/s: spec.ports[3].name: is missing, expected a name, as there are several ports",
        "13: Service default/s: spec.ports[3].targetPort: is 99999, expected a whole number from 1 to 65535");
  }

  private void routes() {
    bad(
        "a gateway as parent",
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r}
        spec:
          hostnames: [a.example]
          parentRefs:
          - name: catalog
          - {kind: Gateway, name: edge}
          - {kind: Service, name: catalog}
          - {kind: Service, group: core, name: catalog, sectionName: http}
          - {kind: Service, group: "", name: catalog, namespace: shop}
          rules: []
        """,
        "7: HTTPRoute default/r: spec.parentRefs[0].kind: is missing, expected \"Service\" (absent, it means Gateway)",
        "8: HTTPRoute default/r: spec.parentRefs[1].kind: is \"Gateway\", expected Service",
        "8: HTTPRoute default/r: spec.parentRefs[1].name: is \"edge\", expected a Service of namespace \"default\", as a document or with registered instances",
        "9: HTTPRoute default/r: spec.parentRefs[2].group: is missing, expected \"\" (absent, it means gateway.networking.k8s.io)",
        "9: HTTPRoute default/r: spec.parentRefs[2]: is default/catalog, expected a value that occurs once in its list",
        "10: HTTPRoute default/r: spec.parentRefs[3].sectionName: is \"http\", expected the name of a port of Service default/catalog: none has one",
        "10: HTTPRoute default/r: spec.parentRefs[3].group: is \"core\", expected \"\", the group of Service",
        "11: HTTPRoute default/r: spec.parentRefs[4].name: is \"catalog\", expected a Service of namespace \"shop\", as a document or with registered instances",
        "12: HTTPRoute default/r: spec.rules: is a list of 0, expected a list of 1 to 16");
    bad(
        "matches",
        ROUTE
            + """
              - backendRefs: [{name: catalog, port: 80}]
                matches:
                - path: {type: Prefix, value: /a}
                - path: {value: a}
                - path: {type: Exact, value: /a//b}
                - path: {type: RegularExpression, value: "/(?=a)"}
                - method: get
                - headers: [{name: "x y", value: a}, {name: a, value: " a"}, {name: A, value: b}]
                - headers: [{name: x, type: Regex, value: a}, {name: x}, {name: y, value: true}]
                - queryParams: [{name: "", value: a}, {name: q, type: RegularExpression, value: "("}]
              """
                .indent(2),
        "9: HTTPRoute default/r: spec.rules[0].matches[0].path.type: is \"Prefix\", expected Exact, PathPrefix or RegularExpression",
        "10: HTTPRoute default/r: spec.rules[0].matches[1].path.value: is \"a\", expected a path that starts with \"/\"",
        "11: HTTPRoute default/r: spec.rules[0].matches[2].path.value: is \"/a//b\", expected a normalised path, without \"//\", \"/./\" and \"/../\"",
        "12: HTTPRoute default/r: spec.rules[0].matches[3].path.value: is \"/(?=a)\", expected an RE2 regular expression (invalid or unsupported Perl syntax)",
        "13: HTTPRoute default/r: spec.rules[0].matches[4].method: is \"get\", expected GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE or PATCH; did you mean \"GET\"?",
        "14: HTTPRoute default/r: spec.rules[0].matches[5].headers[0].name: is \"x y\", expected a header's name",
        "14: HTTPRoute default/r: spec.rules[0].matches[5].headers[1].value: is \" a\", expected printable ASCII without blanks around it",
        "14: HTTPRoute default/r: spec.rules[0].matches[5].headers[2].name: is \"A\", expected a value that occurs once in its list",
        "15: HTTPRoute default/r: spec.rules[0].matches[6].headers[0].type: is \"Regex\", expected Exact or RegularExpression",
        "15: HTTPRoute default/r: spec.rules[0].matches[6].headers[1].name: is \"x\", expected a value that occurs once in its list",
        "15: HTTPRoute default/r: spec.rules[0].matches[6].headers[1].value: is missing, expected the value to match",
        "15: HTTPRoute default/r: spec.rules[0].matches[6].headers[2].value: is true, expected a string (put it in quotes)",
        "16: HTTPRoute default/r: spec.rules[0].matches[7].queryParams[0].name: is \"\", expected a query parameter's name",
        "16: HTTPRoute default/r: spec.rules[0].matches[7].queryParams[1].value: is \"(\", expected an RE2 regular expression (missing closing ))");
    bad(
        "backends",
        ROUTE
            + """
              - backendRefs:
                - {name: catalgo, port: 80}
                - {name: catalog, port: 81}
                - {name: catalog}
                - {name: catalog, port: 80, weight: -1}
                - {name: catalog, port: 80, wieght: 10}
                - {name: catalog, port: 80, weight: "10"}
                - {name: catalog, port: 80, namespace: shop}
                - {name: catalog, port: 80, kind: Bucket, group: s3.example}
                - {name: Catalog, port: 80}
              """
                .indent(2),
        "8: HTTPRoute default/r: spec.rules[0].backendRefs[0].name: is \"catalgo\", expected a Service of namespace \"default\", as a document or with registered instances; did you mean \"catalog\"?",
        "9: HTTPRoute default/r: spec.rules[0].backendRefs[1].port: is 81, expected a port of Service default/catalog: 80, 8080",
        "10: HTTPRoute default/r: spec.rules[0].backendRefs[2].port: is missing, expected the Service's port",
        "11: HTTPRoute default/r: spec.rules[0].backendRefs[3].weight: is -1, expected a whole number from 0 to 1000000",
        "12: HTTPRoute default/r: spec.rules[0].backendRefs[4].wieght: unknown field; did you mean \"weight\"? Known here: group, kind, name, namespace, port, weight, filters",
        "13: HTTPRoute default/r: spec.rules[0].backendRefs[5].weight: is \"10\", expected a whole number from 0 to 1000000",
        "14: HTTPRoute default/r: spec.rules[0].backendRefs[6].name: is \"catalog\", expected a Service of namespace \"shop\", as a document or with registered instances",
        "15: HTTPRoute default/r: spec.rules[0].backendRefs[7].kind: is \"Bucket\", expected Service",
        "15: HTTPRoute default/r: spec.rules[0].backendRefs[7].group: is \"s3.example\", expected \"\", the group of Service",
        "16: HTTPRoute default/r: spec.rules[0].backendRefs[8].name: is \"Catalog\", expected a Service's name, a DNS label");
    bad(
        "filters and timeouts",
        ROUTE
            + """
              - backendRefs: [{name: catalog, port: 80}]
                retry: {attempts: 11, codes: [503, 200, 503], backoff: 1}
                filters:
                - type: RequestMirror
                  requestMirror: {backendRef: {name: x}, percent: 101, fraction: {numerator: 3, denominator: 2}}
                - type: RequestHeadModifier
                - type: RequestHeaderModifier
                - type: ResponseHeaderModifier
                  responseHeaderModifier: {set: [{name: content-length, value: "1"}], remove: ["a b"]}
                - type: ResponseHeaderModifier
                timeouts: {request: 1s, backendRequest: 2s, total: 1s}
              - timeouts: {request: 1.5s, backendRequest: 25h}
              - timeouts: {request: 5}
              """
                .indent(2),
        "8: HTTPRoute default/r: spec.rules[0].retry.attempts: is 11, expected a whole number from 1 to 10",
        "8: HTTPRoute default/r: spec.rules[0].retry.codes[1]: is 200, expected a whole number from 400 to 599",
        "8: HTTPRoute default/r: spec.rules[0].retry.codes[2]: is 503, expected a value that occurs once in its list",
        "8: HTTPRoute default/r: spec.rules[0].retry.backoff: is 1, expected a duration such as 100ms, 2s or 1m30s",
        "11: HTTPRoute default/r: spec.rules[0].filters[0].requestMirror.backendRef.port: is missing, expected the Service's port",
        "11: HTTPRoute default/r: spec.rules[0].filters[0].requestMirror.percent: is 101, expected a whole number from 0 to 100",
        "11: HTTPRoute default/r: spec.rules[0].filters[0].requestMirror.fraction: is a mapping, expected percent or fraction, not both",
        "11: HTTPRoute default/r: spec.rules[0].filters[0].requestMirror.fraction.numerator: is 3, expected a whole number from 0 to 2",
        "12: HTTPRoute default/r: spec.rules[0].filters[1].type: is \"RequestHeadModifier\", expected RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect, URLRewrite, RequestMirror or CORS; did you mean \"RequestHeaderModifier\"?",
        "13: HTTPRoute default/r: spec.rules[0].filters[2].requestHeaderModifier: is missing, expected set, add or remove",
        "15: HTTPRoute default/r: spec.rules[0].filters[3].responseHeaderModifier.set[0].name: is \"content-length\", expected a header that does not frame the message or belong to one hop",
        "15: HTTPRoute default/r: spec.rules[0].filters[3].responseHeaderModifier.remove[0]: is \"a b\", expected a header's name",
        "16: HTTPRoute default/r: spec.rules[0].filters[4].type: is \"ResponseHeaderModifier\", expected a value that occurs once in its list",
        "17: HTTPRoute default/r: spec.rules[0].timeouts.total: unknown field. Known here: request, backendRequest",
        "17: HTTPRoute default/r: spec.rules[0].timeouts.backendRequest: is \"2s\", expected at most request, 1s",
        "18: HTTPRoute default/r: spec.rules[1].timeouts.request: is \"1.5s\", expected a duration such as 100ms, 2s or 1m30s",
        "18: HTTPRoute default/r: spec.rules[1].timeouts.backendRequest: is \"25h\", expected a duration from 0s to 24h",
        "19: HTTPRoute default/r: spec.rules[2].timeouts.request: is 5, expected a duration such as 100ms, 2s or 1m30s");
    bad(
        "redirects and rewrites",
        ROUTE
            + """
              - backendRefs: [{name: catalog, port: 80}]
                filters:
                - {type: RequestRedirect, requestRedirect: {scheme: ftp, hostname: a b, port: 0, statusCode: 304}}
                - {type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replacePrefixMatch: /a}}}
              - filters:
                - {type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /a}}}
                matches: [{path: {value: /a}}, {path: {value: /b}}]
              - filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: "/a b"}}}]
                backendRefs: [{name: catalog, port: 80, filters: [{type: URLRewrite, urlRewrite: {}}]}]
              """
                .indent(2),
        "7: HTTPRoute default/r: spec.rules[0].backendRefs: is a list of 1, expected nothing beside a RequestRedirect, which answers by itself",
        "8: HTTPRoute default/r: spec.rules[0].filters: is a list of 2, expected RequestRedirect or URLRewrite, not both",
        "9: HTTPRoute default/r: spec.rules[0].filters[0].requestRedirect.scheme: is \"ftp\", expected http or https",
        "9: HTTPRoute default/r: spec.rules[0].filters[0].requestRedirect.hostname: is \"a b\", expected a DNS name in lower case, without a port",
        "9: HTTPRoute default/r: spec.rules[0].filters[0].requestRedirect.port: is 0, expected a whole number from 1 to 65535",
        "9: HTTPRoute default/r: spec.rules[0].filters[0].requestRedirect.statusCode: is 304, expected 301, 302, 303, 307 or 308",
        "10: HTTPRoute default/r: spec.rules[0].filters[1].urlRewrite.path.replacePrefixMatch: is \"/a\", expected nothing, as the type is ReplaceFullPath",
        "10: HTTPRoute default/r: spec.rules[0].filters[1].urlRewrite.path.replaceFullPath: is missing, expected the new path",
        "11: HTTPRoute default/r: spec.rules[1].filters: is a list of 1, expected no ReplacePrefixMatch, unless the rule has exactly one match, a PathPrefix",
        "14: HTTPRoute default/r: spec.rules[2].filters[0].urlRewrite.path.replaceFullPath: is \"/a b\", expected a path of printable ASCII, anything else percent-encoded, or nothing",
        "15: HTTPRoute default/r: spec.rules[2].backendRefs[0].filters[0].type: is \"URLRewrite\", expected RequestHeaderModifier or ResponseHeaderModifier (URLRewrite is not supported here yet)");
    bad(
        "calls",
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: {name: g}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          rules:
          - timeouts: {request: 1s}
            matches:
            - method: {}
            - method: {service: "a/b", method: "1"}
            - method: {type: RegularExpression, method: "("}
            - method: {type: Prefix, service: a}
            - path: {value: /a}
            filters: [{type: CORS}]
            backendRefs: [{name: catalog, port: 80}]
        """,
        "7: GRPCRoute default/g: spec.rules[0].timeouts: unknown field. Known here: name, matches, filters, backendRefs",
        "9: GRPCRoute default/g: spec.rules[0].matches[0].method: is a mapping, expected service or method, or both",
        "10: GRPCRoute default/g: spec.rules[0].matches[1].method.service: is \"a/b\", expected a gRPC service, e.g. shop.v1.Catalog",
        "10: GRPCRoute default/g: spec.rules[0].matches[1].method.method: is \"1\", expected a method of a gRPC service, e.g. GetItem",
        "11: GRPCRoute default/g: spec.rules[0].matches[2].method.method: is \"(\", expected an RE2 regular expression (missing closing ))",
        "12: GRPCRoute default/g: spec.rules[0].matches[3].method.type: is \"Prefix\", expected Exact or RegularExpression",
        "13: GRPCRoute default/g: spec.rules[0].matches[4].path: unknown field. Known here: method, headers",
        "14: GRPCRoute default/g: spec.rules[0].filters[0].type: is \"CORS\", expected RequestHeaderModifier, ResponseHeaderModifier or RequestMirror (CORS is not supported here yet)");
    bad(
        "connections",
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: TLSRoute
        metadata: {name: t}
        spec:
          parentRefs: [{group: "", kind: Service, name: catalog}]
          hostnames: ["a.*", A.example, 10.0.0.1, "*.a.example", "*.a.example"]
          rules: [{backendRefs: [{name: catalog, port: 80, filters: []}]}, {}]
        """,
        "6: TLSRoute default/t: spec.hostnames[0]: is \"a.*\", expected a DNS name in lower case, whose first label may be \"*\"",
        "6: TLSRoute default/t: spec.hostnames[1]: is \"A.example\", expected a DNS name in lower case, whose first label may be \"*\"",
        "6: TLSRoute default/t: spec.hostnames[2]: is \"10.0.0.1\", expected a DNS name in lower case, whose first label may be \"*\"",
        "6: TLSRoute default/t: spec.hostnames[4]: is \"*.a.example\", expected a value that occurs once in its list",
        "7: TLSRoute default/t: spec.rules: is a list of 2, expected a list of 1 to 1");
    bad(
        "a grant",
        """
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: ReferenceGrant
        metadata: {name: g}
        spec:
          from: [{group: gateway.networking.k8s.io, kind: HTTPRoute}, {kind: HTTPRoute, namespace: A}]
          to: []
        """,
        "5: ReferenceGrant default/g: spec.from[0].namespace: is missing, expected the routes' namespace",
        "5: ReferenceGrant default/g: spec.from[1].group: is missing, expected gateway.networking.k8s.io",
        "5: ReferenceGrant default/g: spec.from[1].namespace: is \"A\", expected a namespace, a DNS label",
        "6: ReferenceGrant default/g: spec.to: is a list of 0, expected a list of 1 to 16");
    bad(
        "pages of other origins",
        ROUTE
            + """
              - filters:
                - type: CORS
                  cors:
                    allowOrigins: ["shop.example", "https://*", "https://a.b/c", "https://*"]
                    allowCredentials: "yes"
                    allowMethods: [GET, "*"]
                    allowHeaders: ["a b"]
                    maxAge: 0
                    alowHeaders: []
              - filters:
                - type: CORS
                  cors: {allowCredentials: true, exposeHeaders: ["*"]}
              - filters: [{type: CORS, requestHeaderModifier: {remove: [x]}}]
              - backendRefs:
                - {name: catalog, port: 80, filters: [{type: CORS, cors: {allowOrigins: ["*"]}}]}
              """
                .indent(2),
        "10: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowOrigins[0]: is \"shop.example\", expected \"*\", or scheme://host[:port], whose host is \"*\" or may start with \"*.\"",
        "10: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowOrigins[2]: is \"https://a.b/c\", expected \"*\", or scheme://host[:port], whose host is \"*\" or may start with \"*.\"",
        "10: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowOrigins[3]: is \"https://*\", expected a value that occurs once in its list",
        "11: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowCredentials: is \"yes\", expected true or false",
        "12: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowMethods: is a list of 2, expected \"*\" alone, or names",
        "13: HTTPRoute default/r: spec.rules[0].filters[0].cors.allowHeaders[0]: is \"a b\", expected a header's name, or \"*\"",
        "14: HTTPRoute default/r: spec.rules[0].filters[0].cors.maxAge: is 0, expected a whole number from 1 to 86400",
        "15: HTTPRoute default/r: spec.rules[0].filters[0].cors.alowHeaders: unknown field; did you mean \"allowHeaders\"? Known here: allowOrigins, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge",
        "18: HTTPRoute default/r: spec.rules[1].filters[0].cors.allowOrigins: is missing, expected at least one origin, or \"*\"",
        "18: HTTPRoute default/r: spec.rules[1].filters[0].cors.exposeHeaders: is a list of 1, expected names: with allowCredentials, browsers take no \"*\"",
        "19: HTTPRoute default/r: spec.rules[2].filters[0].requestHeaderModifier: is a mapping, expected nothing, as the type is CORS",
        "19: HTTPRoute default/r: spec.rules[2].filters[0].cors: is missing, expected a policy with allowOrigins",
        "21: HTTPRoute default/r: spec.rules[3].backendRefs[0].filters[0].type: is \"CORS\", expected RequestHeaderModifier or ResponseHeaderModifier (CORS is not supported here yet)");
    bad(
        "a field twice",
        ROUTE + "  - backendRefs:\n    - name: catalog\n      port: 80\n      port: 8080\n",
        "10: HTTPRoute default/r: spec.rules[0].backendRefs[0].port: occurs twice, first on line 9");
  }

  @Test
  void a_service_of_the_batch_replaces_the_one_that_is_there() {
    String service = SERVICE.replace("name: s", "name: catalog") + "  ports: [{port: 9000}]\n";
    String route = ROUTE + "  - backendRefs: [{name: catalog, port: 80}]\n";

    assertThat(lines(service + "---\n" + route, known()))
        .containsExactly(
            "13: HTTPRoute default/r: spec.rules[0].backendRefs[0].port: is 80, expected a port of"
                + " Service default/catalog: 9000");
  }

  @Test
  void a_broken_service_of_the_batch_is_not_also_missing() {
    String service = SERVICE.replace("name: s", "name: fresh") + "  ports: [{port: 0}]\n";
    String route = ROUTE + "  - backendRefs: [{name: fresh, port: 80}]\n";

    assertThat(lines(service + "---\n" + route, known()))
        .containsExactly(
            "5: Service default/fresh: spec.ports[0].port: is 0, expected a whole number from 1 to"
                + " 65535");
  }

  @Test
  void documents_and_manifests_are_counted_for_messages() {
    Manifest good = DocumentDecoderTest.manifest("a.yaml", SERVICE + "  ports: [{port: 80}]\n");
    Manifest bad = DocumentDecoderTest.manifest("b.yaml", "---\n# none\n---\nkind: x\n---\n[]\n");

    PolicyBatch batch = DocumentDecoder.decode(List.of(good, bad), known());

    assertThat(batch.documents()).hasSize(1);
    assertThat(batch.errors())
        .extracting(error -> error.getManifest() + "#" + error.getDocument())
        .contains("b.yaml#2", "b.yaml#3")
        .doesNotContain("b.yaml#1", "a.yaml#1");
  }

  private void bad(String name, String manifest, String... expected) {
    cases.add(refused(name, manifest, expected));
  }

  static DynamicTest refused(String name, String manifest, String... expected) {
    return DynamicTest.dynamicTest(
        name, () -> assertThat(lines(manifest, known())).containsExactlyInAnyOrder(expected));
  }

  static List<String> lines(String manifest, Inventory known) {
    PolicyBatch batch =
        DocumentDecoder.decode(List.of(DocumentDecoderTest.manifest("m.yaml", manifest)), known);
    return batch.errors().stream().map(BadDocumentsTest::line).toList();
  }

  private static String line(PolicyError error) {
    return error.getLine()
        + ": "
        + error.getObject()
        + ": "
        + error.getFieldPath()
        + ": "
        + error.getMessage();
  }

  static KnownObjects known() {
    return new KnownObjects().service("catalog", 80, 8080).service("users", 80).route("canary");
  }
}
