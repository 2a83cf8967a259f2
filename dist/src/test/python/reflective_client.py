"""A client of the control plane that knows nothing of it but its address: what it calls, it learns by reflection.

reflective_client.py HOST:PORT: lists the services, registers an instance, keeps it alive, watches it, and sees it go
when its heartbeats stop. Prints a line for each and exits with 0; needs only grpcio and grpcio-reflection.
"""

import queue
import sys
import threading

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

LIMIT_SECONDS = 60


class Service:
    """A service as reflection describes it, with its methods to call."""

    def __init__(self, channel, pool, name):
        self._channel = channel
        self._descriptor = pool.FindServiceByName(name)

    def message(self, method, **fields):
        return GetMessageClass(self._descriptor.FindMethodByName(method).input_type)(**fields)

    def call(self, method, request, **options):
        described = self._descriptor.FindMethodByName(method)
        kind = {
            (False, False): self._channel.unary_unary,
            (False, True): self._channel.unary_stream,
            (True, True): self._channel.stream_stream,
        }[described.client_streaming, described.server_streaming]
        answer = GetMessageClass(described.output_type)
        multi = kind(
            f"/{self._descriptor.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        return multi(request, timeout=LIMIT_SECONDS, **options)


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        print("services", *sorted(database.get_services()), flush=True)
        registry = Service(channel, DescriptorPool(database), "weft.registry.v1.RegistryService")

        registered = registry.call(
            "Register",
            registry.message(
                "Register",
                instance={
                    "id": "python-0",
                    "namespace": "default",
                    "service": "python",
                    "address": "127.0.0.1",
                    "ports": [{"service_port": 80, "port": 9}],
                },
            ),
        )
        print("registered", registered.ttl_millis, flush=True)

        stop = threading.Event()
        answers = queue.Queue()

        def heartbeats():
            while True:
                yield registry.message(
                    "KeepAlive",
                    namespace="default",
                    id="python-0",
                    incarnation=registered.incarnation,
                    readiness="READY",
                )
                if stop.wait(registered.ttl_millis / 4000):
                    return

        def keep_alive():
            try:
                for answer in registry.call("KeepAlive", heartbeats()):
                    answers.put(answer.status)
            except grpc.RpcError as error:
                answers.put(error)

        threading.Thread(target=keep_alive, daemon=True).start()
        first = answers.get(timeout=LIMIT_SECONDS)
        assert first == 1, f"expected ALIVE, got {first}"
        print("alive", flush=True)

        put, removed = 1, 2
        events = registry.call("Watch", registry.message("Watch", namespace="default", service="python"))
        for event in events:
            if event.instance.id != "python-0":
                continue
            if event.type == put and event.instance.readiness == 1 and not stop.is_set():
                print("seen", event.instance.address, flush=True)
                stop.set()
            elif event.type == removed:
                print("gone", flush=True)
                return
        raise AssertionError("the watch ended before the instance went")


main()
