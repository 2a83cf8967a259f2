"""WebSocket with real libraries: `server` prints its port and serves; `client` and `client-h2` call
through a proxy whose port is given, by HTTP/1.1 (websockets) and by extended CONNECT (h2, RFC 8441)."""

import asyncio
import os
import socket
import struct
import sys

import websockets


async def chat(connection):
    async for message in connection:
        if message == "bye":
            await connection.close(4001, "as you wish")
        else:
            await connection.send(message)


def gate(connection, request):
    if request.path == "/forbidden":
        return connection.respond(403, "no\n")
    return None


async def serve():
    async with websockets.serve(
        chat, "127.0.0.1", 0, process_request=gate, subprotocols=["chat"], max_size=None
    ) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def connect(port, path="/chat", **options):
    options.update(host="127.0.0.1", port=port, max_size=None, proxy=None, subprotocols=["chat"])
    return websockets.connect("ws://catalog" + path, **options)


async def call(port):
    async with connect(port) as ws:
        assert ws.subprotocol == "chat"
        assert "permessage-deflate" in ws.response.headers["Sec-WebSocket-Extensions"]
        for message in ["hello", "", "\u00e4\u20ac", "x" * 70000, b"\x00\xff", os.urandom(1 << 20)]:
            await ws.send(message)
            assert await ws.recv() == message
        await ws.send(iter(["in ", "three ", "pieces"]))
        assert await ws.recv() == "in three pieces"
        await (await ws.ping())
    print("closed by us", ws.close_code)
    async with connect(port, compression=None) as ws:
        await ws.send("bye")
        await ws.wait_closed()
        print("closed by the server", ws.close_code, ws.close_reason)
    try:
        async with connect(port, "/forbidden"):
            pass
    except websockets.InvalidStatus as refused:
        print("refused", refused.response.status_code, bytes(refused.response.body))
    many = [connect(port) for _ in range(50)]
    opened = [await each for each in many]
    for i, each in enumerate(opened):
        await each.send(str(i))
    answers = [await each.recv() for each in opened]
    assert answers == [str(i) for i in range(50)]
    for each in opened:
        await each.close()
    print("many", len(answers))


def call_h2(port):
    import h2.config
    import h2.connection
    import h2.events

    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    conn.initiate_connection()
    sock.sendall(conn.data_to_send())
    state = {"settings": False, "status": None, "data": b"", "ended": False, "reset": None}

    def read_until(done):
        while not done():
            got = sock.recv(65536)
            assert got, "the proxy has closed"
            for event in conn.receive_data(got):
                if isinstance(event, h2.events.RemoteSettingsChanged):
                    state["settings"] = True
                elif isinstance(event, h2.events.ResponseReceived):
                    state["status"] = dict(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    state["data"] += event.data
                    conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    state["ended"] = True
                elif isinstance(event, h2.events.StreamReset):
                    state["reset"] = event.error_code
            sock.sendall(conn.data_to_send())

    read_until(lambda: state["settings"])
    enabled = conn.remote_settings.enable_connect_protocol
    print("offered", enabled)

    def request(path):
        state.update(status=None, data=b"", ended=False, reset=None)
        stream = conn.get_next_available_stream_id()
        conn.send_headers(
            stream,
            [
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":scheme", "http"),
                (":path", path),
                (":authority", "catalog"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-protocol", "chat"),
                ("origin", "http://catalog"),
            ],
        )
        sock.sendall(conn.data_to_send())
        read_until(lambda: state["status"] is not None)
        return stream

    stream = request("/chat")
    status = {k.decode() if isinstance(k, bytes) else k: v for k, v in state["status"].items()}
    print("switched", bytes(status[":status"]).decode(), sorted(k for k in status if "upgrade" in k or "accept" in k or "connection" in k))

    def frame(opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + struct.pack(">H", size)
        return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    for payload in [b"hello", b"x" * 20000]:
        state["data"] = b""
        out = frame(1, payload)
        while out:
            window = min(conn.local_flow_control_window(stream), 16000)
            conn.send_data(stream, out[:window])
            out = out[window:]
            sock.sendall(conn.data_to_send())
        header = 2 if len(payload) < 126 else 4
        read_until(lambda: len(state["data"]) >= header + len(payload))
        assert state["data"][header:] == payload
    print("echoed")
    state["data"] = b""
    conn.send_data(stream, frame(1, b"bye"))
    sock.sendall(conn.data_to_send())
    read_until(lambda: len(state["data"]) >= 4)
    print("closed by the server", struct.unpack(">H", state["data"][2:4])[0])
    conn.send_data(stream, frame(8, state["data"][2:4]), end_stream=True)
    sock.sendall(conn.data_to_send())
    read_until(lambda: state["ended"])
    stream = request("/forbidden")
    read_until(lambda: state["ended"])
    status = {k.decode() if isinstance(k, bytes) else k: v for k, v in state["status"].items()}
    print("refused", bytes(status[":status"]).decode(), bytes(state["data"]))
    sock.close()


if sys.argv[1] == "server":
    asyncio.run(serve())
elif sys.argv[1] == "client":
    asyncio.run(call(int(sys.argv[2])))
else:
    call_h2(int(sys.argv[2]))
