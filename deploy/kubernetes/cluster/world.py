"""What is outside of the cluster: a feed at 192.0.2.20 that grows by an item a second
until it is told to stop, and a webhook at 192.0.2.30 that counts what it is told.

GET 192.0.2.30/told   items of the feed, alerts of new incidents, alerts and incidents
                      told more than once, longest silence in seconds
GET 192.0.2.30/step   the same; from now on silence is measured anew
GET 192.0.2.30/end    the feed grows no more
"""
import collections, datetime, email.utils, http.server, json, threading, time

TOWNS = "Baghdad Kabul Mogadishu Kharkiv Maiduguri Peshawar Aden Gao Goma Khartoum Quetta Homs".split()
START = datetime.datetime(2020, 1, 6, 15, tzinfo=datetime.timezone.utc)

items, told, times, over = [], [], [], threading.Event()


def grow():
    while not over.wait(1):
        n = len(items)  # each on a day of its own, and so an incident of its own
        day = START + datetime.timedelta(days=n)
        town = TOWNS[n % len(TOWNS)]
        lead = f"Gunmen opened fire on a checkpoint outside {town} on {day:%A}, killing {2 + n % 30} soldiers and injuring {3 + n % 50} more, the army said."
        items.append(
            f"<item><title>Deadly attack in {town}</title><link>http://192.0.2.20/{n}</link><guid>http://192.0.2.20/{n}</guid>"
            f"<pubDate>{email.utils.format_datetime(day)}</pubDate><description>{lead}</description></item>"
        )


def counts():
    alerts = collections.Counter(alert["id"] for alert in told)
    new = collections.Counter(alert["data"]["incident"] for alert in told if alert["data"]["status"] == "new")
    twice = sum(n > 1 for n in alerts.values()) + sum(n > 1 for n in new.values())
    return f"{len(items)} {len(new)} {twice} {max((b - a for a, b in zip(times, times[1:])), default=0):.0f}\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, kind="text/plain", text=""):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path in ("/told", "/step"):
            text = counts()
            if self.path == "/step":
                del times[:-1]
            return self.answer(200, text=text)
        if self.path == "/end":
            over.set()
            return self.answer(200)
        self.answer(200, "application/rss+xml", f'<?xml version="1.0"?><rss version="2.0"><channel><title>World</title><link>http://192.0.2.20/</link>{"".join(items)}</channel></rss>')

    def do_POST(self):
        told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        times.append(time.time())
        self.answer(204)


threading.Thread(target=grow, daemon=True).start()
threading.Thread(target=http.server.ThreadingHTTPServer(("192.0.2.20", 80), Handler).serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer(("192.0.2.30", 80), Handler).serve_forever()
