# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the Hub on loopback: create, preupload, commit, info, files; the library's own client talks to it."""

import base64
import contextlib
import hashlib
import http.server
import json
import re
import threading


class Hub(http.server.ThreadingHTTPServer):
    """`files` {repository: {path: bytes}}; `private` ones need `token`; of `cut` ones only half of a file arrives."""

    def __init__(self, token="hf_test"):
        super().__init__(("127.0.0.1", 0), Routes)
        self.files, self.private, self.cut, self.token, self.asked = {}, set(), set(), token, []
        self.address = f"http://127.0.0.1:{self.server_port}"


class Routes(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200, cut=False, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut and self.command != "HEAD":
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(2)

    def refuse(self, status, code):
        self.answer({"error": code}, status, X_Error_Code=code, X_Error_Message=code)

    def handle_any(self):
        hub, path = self.server, self.path.partition("?")[0]
        hub.asked.append(f"{self.command} {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known = self.headers.get("Authorization") == f"Bearer {hub.token}"
        if path == "/api/whoami-v2":
            return self.answer({"name": "mine", "type": "user"}) if known else self.refuse(401, "Unauthorized")
        if path == "/api/validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            if not known:
                return self.refuse(401, "Unauthorized")
            given = json.loads(body)
            name = f"{given.get('organization') or 'mine'}/{given['name']}"
            hub.files.setdefault(name, {})
            return self.answer({"url": f"{hub.address}/{name}", "name": name})
        found = re.match(
            r"/(?:api/models/)?([^/]+/[^/]+)(?:/(preupload|commit|revision|resolve|tree)/([^/]+))?(?:/(.*))?$", path
        )
        name, what, _, rest = found.groups() if found else (None,) * 4
        if name not in hub.files or name in hub.private and not known:
            # As the Hub does: nobody without a token learns whether a private one is there.
            return self.refuse(401 if not known else 404, "RepoNotFound")
        files = hub.files[name]
        sha = hashlib.sha1(repr(sorted(files)).encode()).hexdigest()
        if what == "preupload":
            asked = [one["path"] for one in json.loads(body)["files"]]
            modes = [{"path": one, "uploadMode": "regular", "shouldIgnore": False} for one in asked]
            return self.answer({"files": modes})
        if what == "commit":
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            about = {"success": True, "commitOid": sha, "commitUrl": f"{hub.address}/{name}/commit/{sha}"}
            return self.answer(about | {"hookOutput": "", "url": f"{hub.address}/{name}"})
        if what == "resolve":
            if rest not in files:
                return self.refuse(404, "EntryNotFound")
            etag = hashlib.sha1(files[rest]).hexdigest()
            cut = name in hub.cut and rest.endswith(".safetensors")
            return self.answer(files[rest], cut=cut, ETag=f'"{etag}"', X_Repo_Commit=sha)
        if what == "tree":
            return self.answer([{"type": "file", "path": one, "size": len(files[one]), "oid": sha} for one in files])
        return self.answer(
            {"id": name, "sha": sha, "siblings": [{"rfilename": one} for one in files], "private": False}
        )

    do_GET = do_POST = do_HEAD = handle_any


@contextlib.contextmanager
def running():
    """A Hub that answers, in a thread."""
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
