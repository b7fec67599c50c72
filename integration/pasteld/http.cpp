// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
#include "http.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

namespace smartpool {
namespace {

constexpr std::size_t kMaxHead = 16 << 10; // bytes of status line and header fields

[[noreturn]] void fail(const std::string& what) { throw NoAnswer(what); }

[[noreturn]] void failed(const char* action) { fail(std::string(action) + ": " + std::strerror(errno)); }

std::string lower(std::string_view s)
{
    std::string out(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trim(std::string_view s)
{
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
        s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
        s.remove_suffix(1);
    return s;
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses resolve(const std::string& host, const std::string& port)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0)
        list = nullptr;
    return Addresses(list, freeaddrinfo);
}

bool loopback(const addrinfo& a)
{
    if (a.ai_family == AF_INET)
        return ntohl(reinterpret_cast<const sockaddr_in*>(a.ai_addr)->sin_addr.s_addr) >> 24 == 127;
    return a.ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(a.ai_addr)->sin6_addr);
}

} // namespace

bool ResponseReader::add(std::string_view bytes)
{
    if (inBody_)
        return addBody(bytes);
    const std::size_t from = head_.size() < 3 ? 0 : head_.size() - 3; // the end of the head may have been cut in two
    head_.append(bytes);
    const std::size_t end = head_.find("\r\n\r\n", from);
    if (std::min(end, head_.size()) > kMaxHead)
        fail("the head of the answer is longer than smartpoold's");
    if (end == std::string::npos)
        return false;
    const std::string rest = head_.substr(end + 4);
    head_.resize(end + 2);
    readHead(head_);
    inBody_ = true;
    return addBody(rest);
}

bool ResponseReader::addBody(std::string_view bytes)
{
    if (bytes.size() > length_ - response_.body.size())
        fail("the answer is longer than it says");
    response_.body.append(bytes);
    return response_.body.size() == length_;
}

// The head consists of lines ending in CR LF.
void ResponseReader::readHead(std::string_view head)
{
    constexpr std::string_view version = "HTTP/1.1 ";
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (line.size() < version.size() + 3 || line.substr(0, version.size()) != version ||
        !std::all_of(line.begin() + version.size(), line.begin() + version.size() + 3, isDigit) ||
        (line.size() > version.size() + 3 && line[version.size() + 3] != ' '))
        fail("the answer is not HTTP/1.1; is another program at that address?");
    for (const char c : line.substr(version.size(), 3))
        response_.status = 10 * response_.status + (c - '0');
    for (head.remove_prefix(end + 2); !head.empty();) {
        const std::size_t next = head.find("\r\n");
        readField(head.substr(0, next));
        head.remove_prefix(next + 2);
    }
    if (response_.status < 200 || !haveLength_)
        fail("the answer has no Content-Length; is another program at that address?");
}

void ResponseReader::readField(std::string_view line)
{
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        fail("the answer's head is not HTTP");
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "transfer-encoding")
        fail("the answer is chunked, which smartpoold's never are");
    if (name == "connection" && lower(value) == "close")
        response_.keep = false;
    if (name != "content-length")
        return;
    if (haveLength_ || value.empty() || value.size() > 12)
        fail("the answer's length is invalid");
    haveLength_ = true;
    for (const char c : value) {
        if (c < '0' || c > '9')
            fail("the answer's length is invalid");
        length_ = 10 * length_ + static_cast<std::size_t>(c - '0');
    }
    if (length_ > maxBody_)
        fail("the answer is longer than " + std::to_string(maxBody_) + " bytes");
}

Connection::Connection(const std::string& address, std::function<bool()> stopping) : stopping_(std::move(stopping))
{
    const std::size_t colon = address.rfind(':');
    if (colon != std::string::npos) {
        host_ = address.substr(0, colon);
        port_ = address.substr(colon + 1);
    }
    if (host_.size() > 2 && host_.front() == '[' && host_.back() == ']')
        host_ = host_.substr(1, host_.size() - 2);
    const Addresses list = resolve(host_, port_);
    if (host_.empty() || port_.empty() || !list || !loopback(*list))
        throw std::invalid_argument("\"" + address + "\" is not a loopback address with a port, such as 127.0.0.1:9735");
}

Connection::~Connection() { close(); }

void Connection::close()
{
    if (socket_ >= 0)
        ::close(socket_);
    socket_ = -1;
}

Response Connection::exchange(std::string_view request, std::size_t maxBody, Clock::time_point deadline)
{
    try {
        if (socket_ >= 0 && stale())
            close();
        if (socket_ < 0)
            open(deadline);
        send(request, deadline);
        Response response = receive(maxBody, deadline);
        if (!response.keep)
            close();
        return response;
    } catch (...) {
        close();
        throw;
    }
}

// stale reports whether there is something to read before anything was asked: the end of the connection, or an unexpected answer.
bool Connection::stale() const
{
    pollfd p{socket_, POLLIN, 0};
    return poll(&p, 1, 0) != 0;
}

void Connection::open(Clock::time_point deadline)
{
    const Addresses list = resolve(host_, port_);
    if (!list)
        fail("the address is invalid");
    socket_ = ::socket(list->ai_family, SOCK_STREAM, 0);
    if (socket_ < 0 || fcntl(socket_, F_SETFD, FD_CLOEXEC) < 0 || fcntl(socket_, F_SETFL, O_NONBLOCK) < 0)
        failed("open a socket");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // without it, everything works more slowly
    if (::connect(socket_, list->ai_addr, list->ai_addrlen) == 0)
        return;
    if (errno != EINPROGRESS && errno != EINTR)
        failed("connect; is smartpoold running with --node-api?");
    wait(POLLOUT, deadline);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        errno = error;
    if (errno != 0)
        failed("connect; is smartpoold running with --node-api?");
}

void Connection::send(std::string_view bytes, Clock::time_point deadline)
{
    while (!bytes.empty()) {
        const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n > 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            wait(POLLOUT, deadline);
        else if (n < 0 && errno != EINTR)
            failed("send the call");
    }
}

Response Connection::receive(std::size_t maxBody, Clock::time_point deadline)
{
    ResponseReader reader(maxBody);
    std::string buffer(64 << 10, '\0');
    for (;;) {
        const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (n == 0)
            fail("smartpoold closed the connection before it answered");
        if (n > 0) {
            if (reader.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(n))))
                return reader.take();
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait(POLLIN, deadline);
        } else if (errno != EINTR) {
            failed("receive the answer");
        }
    }
}

void Connection::wait(short events, Clock::time_point deadline) const
{
    constexpr std::chrono::milliseconds slice(200);
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0)
            fail("smartpoold did not answer in time");
        if (stopping_ && stopping_())
            fail("the node is stopping");
        pollfd p{socket_, events, 0};
        const int n = poll(&p, 1, static_cast<int>(std::min(left, slice).count()));
        if (n > 0)
            return; // errors show in the call that follows
        if (n < 0 && errno != EINTR)
            failed("wait for smartpoold");
    }
}

} // namespace smartpool
