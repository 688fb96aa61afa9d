// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A running nginx in front of a sandbox, as a gateway stands in front of DOKU: TLS 1.3.
package final class Nginx {
    package static let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// `https://127.0.0.1:PORT`.
    package let url: String
    private let process: ChildProcess
    private let logFile: URL

    /// One line of its log.
    package struct Request {
        package let connection: String
        package let httpVersion: String
        package let tlsVersion: String
    }

    /// - Parameter certificate: the name of the server's certificate and key, from the directory.
    package init(
        in directory: TemporaryDirectory, before sandbox: Sandbox, certificate: String, speaksHTTP2: Bool = true
    ) throws {
        guard let program = Self.program else { throw TestFailure("nginx is not installed") }
        let port = try freePort()
        let prefix = directory.path("nginx")
        try directory.write(
            """
            daemon off;
            master_process off;
            worker_rlimit_nofile 1024;
            pid \(prefix)/pid;
            error_log \(prefix)/error.log;
            events { worker_connections 512; }
            http {
                log_format facts '$connection $server_protocol $ssl_protocol';
                access_log \(prefix)/access.log facts;
                client_body_temp_path \(prefix)/client;
                proxy_temp_path \(prefix)/proxy;
                fastcgi_temp_path \(prefix)/fastcgi;
                uwsgi_temp_path \(prefix)/uwsgi;
                scgi_temp_path \(prefix)/scgi;
                upstream sandbox { server \(sandbox.url.dropFirst("http://".count)); keepalive 64; }
                server {
                    listen 127.0.0.1:\(port) ssl\(speaksHTTP2 ? " http2" : "");
                    ssl_certificate \(directory.path(certificate)).pem;
                    ssl_certificate_key \(directory.path(certificate)).key;
                    ssl_protocols TLSv1.3;
                    location / {
                        proxy_pass http://sandbox;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                    }
                }
            }

            """, to: "nginx/nginx.conf")
        // The shell ends nginx when its standard input ends: with us, also if we are killed.
        process = try directory.start(
            "/bin/sh",
            [
                "-c", "\"$@\" & read -r end; kill $!; wait $!", "sh", program, "-p", prefix, "-c",
                prefix + "/nginx.conf", "-e", prefix + "/error.log",
            ], holdsInput: true)
        url = "https://127.0.0.1:\(port)"
        logFile = URL(filePath: prefix + "/access.log")
        do {
            // Written when the port is open.
            try waitUntil(20, for: "nginx") { FileManager.default.fileExists(atPath: prefix + "/pid") }
        } catch {
            let log = (try? String(contentsOfFile: prefix + "/error.log", encoding: .utf8)) ?? ""
            throw TestFailure("nginx did not start: \(log)")
        }
    }

    package func requests() throws -> [Request] {
        try String(contentsOf: logFile, encoding: .utf8).split(separator: "\n").map { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 3 else { throw TestFailure("not a log line: \(line)") }
            return Request(connection: fields[0], httpVersion: fields[1], tlsVersion: fields[2])
        }
    }
}

/// A port of 127.0.0.1 that nobody listened on just now.
private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
        }
    }
    guard isBound else { throw TestFailure("no port is free") }
    return UInt16(bigEndian: address.sin_port)
}
