"""Reads requests with h11 and prints what it has read: method, target, Host, body in hexadecimal."""

import socket
import threading

import h11


def host_of(request):
    for name, value in request.headers:
        if name == b"host":
            return value.decode("latin-1")
    return ""


def serve(sock):
    conn = h11.Connection(h11.SERVER)
    request, body = None, b""
    try:
        while True:
            event = conn.next_event()
            if event is h11.NEED_DATA:
                conn.receive_data(sock.recv(65536))
            elif isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                target = request.target.decode("latin-1")
                print(request.method.decode(), target, host_of(request), body.hex(), flush=True)
                answer = h11.Response(status_code=200, headers=[("content-length", "2")])
                head = request.method == b"HEAD"
                sock.sendall(conn.send(answer))
                sock.sendall((b"" if head else conn.send(h11.Data(data=b"ok"))) + conn.send(h11.EndOfMessage()))
                if conn.our_state is h11.MUST_CLOSE:
                    return
                conn.start_next_cycle()
            else:
                return
    except h11.RemoteProtocolError as problem:
        print("BAD", problem, flush=True)
    except OSError:
        pass
    finally:
        sock.close()


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
