// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// The little of HTTP that a node needs to ask smartpoold: one request after another over one connection on loopback.
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
    bool keep = true; // the connection can be used again
};

// ResponseReader takes a response as it comes in, in pieces of any size. It wants HTTP/1.1 and Content-Length, as smartpoold answers.
class ResponseReader {
public:
    // A response of more than maxBody bytes is refused before they are read.
    explicit ResponseReader(std::size_t maxBody) : maxBody_(maxBody) {}

    // add takes the next bytes; true once the response is complete. Throws NoAnswer on anything it does not want, what follows the
    // response included.
    bool add(std::string_view bytes);

    // take returns the response, once it is complete.
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

// Connection is a connection to a loopback address, opened when it is needed.
class Connection {
public:
    // The address is numeric, such as 127.0.0.1:9735 or [::1]:9735. Throws std::invalid_argument if it is none, or not on loopback.
    // stopping is asked a few times a second while there is something to wait for; once it returns true there is no answer.
    Connection(const std::string& address, std::function<bool()> stopping);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // exchange sends a request and waits for its response. Throws NoAnswer, and closes the connection: what comes late is never read.
    // A connection that smartpoold has closed meanwhile is opened again before anything is sent.
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
