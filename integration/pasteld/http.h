// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// The small part of HTTP that a node needs to ask smartpoold: one request at a time over one loopback connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace smartpool {

using Clock = std::chrono::steady_clock;

// Response is an HTTP response.
struct Response {
    int status = 0;
    std::string body;
    bool keep = true; // the connection can be reused
};

// ResponseReader reads a response from pieces of any size. It requires HTTP/1.1 and Content-Length, which smartpoold sends.
class ResponseReader {
public:
    // A response larger than maxBody bytes is refused before its body is read.
    explicit ResponseReader(std::size_t maxBody) : maxBody_(maxBody) {}

    // add takes the next bytes; it returns true once the response is complete. Throws NoAnswer on anything unexpected, including bytes
    // after the response.
    bool add(std::string_view bytes);

    // take returns the complete response.
    Response take() { return std::move(response_); }

private:
    bool addBody(std::string_view bytes);
    void readHead(std::string_view head);
    void readField(std::string_view line);

    std::size_t maxBody_;
    std::string head_;
    bool inBody_ = false;
    bool haveLength_ = false;
    std::size_t length_ = 0;
    Response response_;
};

// Connection is a connection to a loopback address, opened on demand.
class Connection {
public:
    // The address is numeric, such as 127.0.0.1:9735 or [::1]:9735. Throws std::invalid_argument if it is invalid or not on loopback. While
    // the connection waits, it calls stopping a few times a second; once that returns true, there is no answer.
    Connection(const std::string& address, std::function<bool()> stopping);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // exchange sends a request and waits for the response. When it throws NoAnswer it closes the connection, so that a late response is
    // never read. If smartpoold has closed the connection in the meantime, exchange reconnects before it sends anything.
    Response exchange(std::string_view request, std::size_t maxBody, Clock::time_point deadline);

private:
    void open(Clock::time_point deadline);
    void close();
    bool stale() const;
    void send(std::string_view bytes, Clock::time_point deadline);
    Response receive(std::size_t maxBody, Clock::time_point deadline);
    void wait(short events, Clock::time_point deadline) const;

    std::string host_, port_;
    std::function<bool()> stopping_;
    int socket_ = -1;
};

} // namespace smartpool
