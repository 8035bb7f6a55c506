"""A collector: prints one line of JSON for each span it is sent, read with OpenTelemetry's own message classes.

The first line is the port. A collector that is `busy` sends the first batch away.
"""

import http.server
import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector(http.server.BaseHTTPRequestHandler):
    busy = "busy" in sys.argv

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if Collector.busy:
            Collector.busy = False
            self.send_response(503)
            self.send_header("retry-after", "0")
            self.end_headers()
            return
        for span in spans(ExportTraceServiceRequest.FromString(body)):
            span |= {"path": self.path, "type": self.headers["content-type"], "key": self.headers["api-key"]}
            print(json.dumps(span), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def spans(request):
    for resource in request.resource_spans:
        service = values(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "service": service,
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "name": span.name,
                    "kind": span.kind,
                    "nanoseconds": span.end_time_unix_nano - span.start_time_unix_nano,
                    "began": span.start_time_unix_nano,
                    "attributes": values(span.attributes),
                    "failed": span.status.code == span.status.STATUS_CODE_ERROR,
                    "why": span.status.message,
                }


def values(attributes):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(server.server_address[1], flush=True)
server.serve_forever()
