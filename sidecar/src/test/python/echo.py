"""The echo service in Python, without generated stubs: as a server, or as a client that says what it saw.

server NAME            prints its port, serves until its input ends
client PORT AUTHORITY  calls in all four ways, prints a line for each
"""

import sys
import threading

import grpc


def text(data):
    return data.decode("utf-8")


def data(text_):
    return text_.encode("utf-8")


class Echo(grpc.GenericRpcHandler):
    def __init__(self, name):
        self.name = name

    def check(self, word, context):
        if word.startswith("fail "):
            _, code, message = word.split(" ", 2)
            status = next(s for s in grpc.StatusCode if s.value[0] == int(code))
            context.abort(status, message)
        if word == "hang":
            ended = threading.Event()
            context.add_callback(ended.set)
            ended.wait()

    def unary(self, word, context):
        self.check(word, context)
        return self.name + " " + word

    def client(self, words, context):
        return " ".join([self.name] + list(words))

    def server(self, words, context):
        for word in words.split(" "):
            self.check(word.replace("_", " "), context)
            yield self.name + " " + word

    def bidi(self, words, context):
        for word in words:
            self.check(word, context)
            yield self.name + " " + word

    def service(self, details):
        kinds = {
            "Unary": (grpc.unary_unary_rpc_method_handler, self.unary),
            "Client": (grpc.stream_unary_rpc_method_handler, self.client),
            "Server": (grpc.unary_stream_rpc_method_handler, self.server),
            "Bidi": (grpc.stream_stream_rpc_method_handler, self.bidi),
        }
        service, _, method = details.method.lstrip("/").partition("/")
        if service != "test.Echo" or method not in kinds:
            return None
        make, behaviour = kinds[method]
        return make(behaviour, request_deserializer=text, response_serializer=data)


def serve(name):
    from concurrent import futures

    server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[Echo(name)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


def call(port, authority):
    options = [("grpc.default_authority", authority), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel("127.0.0.1:" + port, options) as channel:
        kinds = {"request_serializer": data, "response_deserializer": text}
        unary = channel.unary_unary("/test.Echo/Unary", **kinds)
        client = channel.stream_unary("/test.Echo/Client", **kinds)
        server = channel.unary_stream("/test.Echo/Server", **kinds)
        bidi = channel.stream_stream("/test.Echo/Bidi", **kinds)
        print(unary("hello", timeout=20))
        print(client(iter(["a", "b"]), timeout=20))
        print(list(server("a b c", timeout=20)))
        print(list(bidi(iter(["x", "y"]), timeout=20)))
        for word, timeout in (("fail 9 für dich", 20), ("hang", 0.5)):
            try:
                print(unary(word, timeout=timeout))
            except grpc.RpcError as e:
                # Who ends a call that is late says so in words of its own.
                print(e.code().name, e.details() if timeout > 1 else "in time")


if sys.argv[1] == "server":
    serve(sys.argv[2])
else:
    call(sys.argv[2], sys.argv[3])
