// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// Runs the client against a real smartpoold and against servers that misbehave: client_test SMARTPOOLD BLOCKS, where BLOCKS is a recorded
// chain, one block in hex per line.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "reconcile.h"
#include "supernodes.h"

using namespace smartpool;
using namespace std::chrono_literals;

namespace {

int failures = 0;

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            std::cerr << __FILE__ << ":" << __LINE__ << ": " #condition "\n";       \
            failures++;                                                             \
        }                                                                           \
    } while (false)

[[noreturn]] void die(const std::string& what)
{
    std::cerr << what << ": " << std::strerror(errno) << "\n";
    std::exit(1);
}

// noAnswer reports whether a call throws NoAnswer with a text that contains a word.
template <typename Call>
bool noAnswer(Call call, const std::string& word)
{
    try {
        call();
    } catch (const NoAnswer& e) {
        if (std::string(e.what()).find(word) != std::string::npos)
            return true;
        std::cerr << "no answer, but its text lacks \"" << word << "\": " << e.what() << "\n";
        return false;
    }
    std::cerr << "an answer instead of none with the text \"" << word << "\"\n";
    return false;
}

Bytes fromHex(std::string_view text)
{
    Bytes out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        out.push_back(static_cast<unsigned char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return out;
}

// Offsets in a header: its parent, and a byte of its nonce.
constexpr std::size_t kParent = 4, kNonce = 120;

std::string parentOf(const Bytes& block)
{
    Bytes hash(block.begin() + kParent, block.begin() + kParent + 32);
    std::reverse(hash.begin(), hash.end());
    return toHex(hash);
}

void setParent(Bytes& block, const std::string& hash)
{
    Bytes raw = fromHex(hash);
    std::copy(raw.rbegin(), raw.rend(), block.begin() + kParent);
}

// Line is a chain of blocks in memory.
struct Line : Chain {
    std::vector<Bytes> blocks;
    std::vector<std::string> hashes;

    int height() const override { return static_cast<int>(blocks.size()) - 1; }
    std::string hash(int h) const override { return h >= 0 && h <= height() ? hashes[h] : ""; }
    Bytes block(int h) const override { return blocks.at(h); }

    Line to(int h) const
    {
        Line line;
        line.blocks.assign(blocks.begin(), blocks.begin() + h + 1);
        line.hashes.assign(hashes.begin(), hashes.begin() + h + 1);
        return line;
    }
};

Line readLine(const char* path)
{
    Line line;
    std::ifstream file(path);
    for (std::string text; std::getline(file, text);)
        line.blocks.push_back(fromHex(text));
    for (std::size_t h = 1; h < line.blocks.size(); h++)
        line.hashes.push_back(parentOf(line.blocks[h]));
    if (line.blocks.size() < 300)
        die(std::string("read ") + path);
    line.blocks.pop_back(); // its hash is unknown
    return line;
}

// Folder is a temporary folder.
struct Folder {
    std::string path;
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "smartpool.XXXXXX").string();
        if (!mkdtemp(name.data()))
            die("create a folder");
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string cookie() const { return path + "/.cookie"; }
};

void write(const std::string& path, const std::string& text)
{
    std::ofstream(path, std::ios::trunc) << text;
}

std::string slurp(const std::string& path)
{
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Daemon is a smartpoold that a node pushes blocks to.
class Daemon {
public:
    Daemon(const char* program, const Folder& folder) : program_(program), folder_(folder) { start("127.0.0.1:0"); }
    ~Daemon() { kill(); }

    const std::string& address() const { return address_; }

    Client::Config config() const
    {
        Client::Config c;
        c.address = address_;
        c.cookie = folder_.cookie();
        c.question = 60s; // sanitizers and busy machines are slow
        return c;
    }

    void kill()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
            ::close(log_);
        }
        pid_ = 0;
    }
    void restart()
    {
        kill();
        start(address_);
    }
    void freeze()
    {
        ::kill(pid_, SIGSTOP);
        waitpid(pid_, nullptr, WUNTRACED);
    }
    void thaw() { ::kill(pid_, SIGCONT); }

private:
    void start(const std::string& address)
    {
        int ends[2];
        if (pipe(ends) != 0)
            die("create a pipe");
        pid_ = fork();
        if (pid_ < 0)
            die("fork");
        if (pid_ == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(ends[1], STDERR_FILENO);
            dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::close(ends[1]);
            execl(program_, program_, "--network", "regtest", "--data", folder_.path.c_str(), "--node-api", address.c_str(), "--api", "",
                  "--metrics", "", static_cast<char*>(nullptr));
            die(std::string("run ") + program_);
        }
        ::close(ends[1]);
        log_ = ends[0];
        readAddress();
    }

    // The daemon logs its address once it answers.
    void readAddress()
    {
        std::string log;
        const std::string mark = "msg=\"node interface\" url=http://";
        for (char buffer[4096];;) {
            pollfd p{log_, POLLIN, 0};
            const ssize_t n = poll(&p, 1, 60'000) > 0 ? read(log_, buffer, sizeof buffer) : 0;
            if (n <= 0) {
                std::cerr << log;
                die("smartpoold does not start");
            }
            log.append(buffer, static_cast<std::size_t>(n));
            const std::size_t at = log.find(mark);
            if (at == std::string::npos || log.find('\n', at) == std::string::npos)
                continue;
            address_ = log.substr(at + mark.size(), log.find(' ', at + mark.size()) - at - mark.size());
            return;
        }
    }

    const char* program_;
    const Folder& folder_;
    std::string address_;
    pid_t pid_ = 0;
    int log_ = -1;
};

// Server answers each connection with the same bytes, whatever the request.
class Server {
public:
    enum class End { close, keep }; // what it does after its answer

    Server(std::string answer, End end) : answer_(std::move(answer)), end_(end)
    {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof a;
        if (bind(listener_, reinterpret_cast<sockaddr*>(&a), size) != 0 || listen(listener_, 8) != 0 ||
            getsockname(listener_, reinterpret_cast<sockaddr*>(&a), &size) != 0)
            die("listen");
        port_ = ntohs(a.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server()
    {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    int calls() const { return calls_; }

private:
    void serve()
    {
        std::vector<int> kept;
        for (int connection; (connection = accept(listener_, nullptr, nullptr)) >= 0;) {
            readRequest(connection);
            calls_++;
            for (std::size_t sent = 0; sent < answer_.size();) {
                const ssize_t n = send(connection, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
                if (n <= 0)
                    break;
                sent += static_cast<std::size_t>(n);
            }
            if (end_ == End::keep)
                kept.push_back(connection);
            else
                finish(connection);
        }
        for (const int connection : kept)
            ::close(connection);
    }

    // Closing with anything left to read would reset the connection, and the client might lose the answer.
    static void finish(int connection)
    {
        char buffer[4096];
        shutdown(connection, SHUT_WR);
        while (recv(connection, buffer, sizeof buffer, 0) > 0)
            ;
        ::close(connection);
    }

    // The test's requests end with their id and two brackets.
    static void readRequest(int connection)
    {
        std::string text;
        char buffer[4096];
        while (text.size() < 2 || text.compare(text.size() - 1, 1, "}") != 0) {
            const ssize_t n = recv(connection, buffer, sizeof buffer, 0);
            if (n <= 0)
                return;
            text.append(buffer, static_cast<std::size_t>(n));
        }
    }

    const std::string answer_;
    const End end_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> calls_{0};
    std::thread thread_;
};

std::string http(const std::string& status, const std::string& body)
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// Connects a line's blocks above a height, and asks at each.
struct Seen {
    std::set<std::string> due;     // payouts in the answers
    std::vector<Status> statuses;  // of the Supernode, each change once
    std::vector<std::string> digests;
};

void connectAll(Client& rules, const Line& line, int from, const std::string& activation, Seen& seen)
{
    for (int h = from; h <= line.height(); h++) {
        const Verdict v = rules.connectBlock(line.block(h));
        CHECK(v.ok);
        const Tip tip = rules.tip();
        CHECK(tip.height == h && tip.hash == line.hash(h));
        seen.digests.resize(static_cast<std::size_t>(h));
        seen.digests.push_back(tip.digest);
        const Payouts payouts = rules.payouts();
        CHECK(payouts.tip == tip.hash);
        for (const Bytes& tx : payouts.transactions)
            seen.due.insert(toHex(tx));
        const SupernodeAt at = rules.supernode(activation);
        CHECK(at.tip == tip.hash);
        if (at.supernode && (seen.statuses.empty() || seen.statuses.back() != at.supernode->status))
            seen.statuses.push_back(at.supernode->status);
        if (at.supernode)
            CHECK(at.supernode->payee.size() == 23 && at.supernode->height <= h && at.supernode->pool.find("acme.") == 0);
    }
}

// A pool's activation ticket in the recorded chain.
constexpr const char* kActivation = "d4c7345cb0ff03e91adf7a61e37fb5398e00340c2e82eca2cd0ce5c9ada9ae42";

void testLife(const char* program, const Line& life)
{
    const Folder folder;
    Daemon daemon(program, folder);
    Client rules(daemon.config());
    CHECK(rules.tip().height == -1);
    Seen first;
    connectAll(rules, life, 0, kActivation, first);
    CHECK((first.statuses == std::vector<Status>{Status::active, Status::paused, Status::active, Status::paused, Status::gone}));
    std::string all;
    for (const Bytes& block : life.blocks)
        all += toHex(block);
    CHECK(first.due.size() >= 3);
    for (const std::string& payout : first.due)
        CHECK(all.find(payout) != std::string::npos); // it was mined as answered

    for (int i = 0; i < 99; i++) {
        const Verdict v = rules.disconnectBlock(life.hash(life.height() - i));
        CHECK(v.ok);
    }
    CHECK(rules.tip().height == life.height() - 99);
    Seen again;
    connectAll(rules, life, life.height() - 98, kActivation, again);
    CHECK(std::equal(again.digests.end() - 99, again.digests.end(), first.digests.end() - 99));

    // Refusals are answers.
    const Verdict garbage = rules.connectBlock(Bytes{0});
    CHECK(!garbage.ok && garbage.reason == kBadBlock && !garbage.detail.empty());
    const Verdict notLast = rules.disconnectBlock(life.hash(5));
    CHECK(!notLast.ok && notLast.reason == kBadBlock);
    CHECK(rules.connectBlock(life.blocks.back()).ok); // the tip once more
    const Verdict tx = rules.checkTransaction(Bytes{1, 2}, 1'795'413'000);
    CHECK(!tx.ok);
    CHECK(!rules.supernode(std::string(64, '1')).supernode);
    const Verdict launch = rules.checkLaunch(kActivation, "02" + std::string(64, 'a'), "2026-11-28T01:02:03Z", "\xff\"\\");
    CHECK(!launch.ok && launch.reason == "bad_signature" && launch.tip == life.hashes.back());
    CHECK(rules.checkLaunch(std::string(64, '1'), "", "", "").reason == "unknown_activation");
    CHECK(noAnswer([&] { rules.supernode("x"); }, "want 64 hex digits"));
}

// What a node keeps of a real smartpoold's answers, and that it asks no more than necessary.
void testSupernodes(const char* program, const Line& life)
{
    const Folder folder;
    Daemon daemon(program, folder);
    Client rules(daemon.config());
    auto now = Supernodes::Clock::now();
    Supernodes supernodes(rules, [&] { return now; });
    std::vector<Status> statuses;
    for (int h = 0; h <= life.height(); h++) {
        CHECK(rules.connectBlock(life.block(h)).ok);
        const auto at = supernodes.at(kActivation, life.hash(h));
        CHECK(at);
        if (!at || !at->supernode) {
            CHECK(h < 135 && !supernodes.last(kActivation));
            continue;
        }
        CHECK(at->supernode->height == 135 && supernodes.last(kActivation)->payee == at->supernode->payee);
        if (statuses.empty() || statuses.back() != at->supernode->status)
            statuses.push_back(at->supernode->status);
    }
    CHECK((statuses == std::vector<Status>{Status::active, Status::paused, Status::active, Status::paused, Status::gone}));

    // The node is one block behind the rules: what they say now is no answer for it.
    const std::string tip = life.hashes.back();
    const auto gone = supernodes.at(kActivation, tip);
    CHECK(gone && gone->supernode->status == Status::gone);
    CHECK(!supernodes.at(kActivation, life.hash(life.height() - 1)));
    CHECK(rules.disconnectBlock(tip).ok);
    CHECK(supernodes.at(kActivation, tip)); // kept: nothing was asked
    CHECK(supernodes.at(kActivation, life.hash(life.height() - 1)));
    CHECK(supernodes.at(std::string(64, '1'), life.hash(life.height() - 1)));

    const Launch launch{"2026-11-28T01:02:03Z", "bm8="};
    const std::string key = "02" + std::string(64, 'a');
    const std::string below = life.hash(life.height() - 1);
    CHECK(!supernodes.launch(kActivation, key, launch, tip)); // the answer is for another block
    const auto refused = supernodes.launch(kActivation, key, launch, below);
    CHECK(refused && !refused->ok && refused->reason == "bad_signature");
    daemon.kill();
    CHECK(supernodes.launch(kActivation, key, launch, below)); // kept
    CHECK(!supernodes.launch(kActivation, key, {"2026-11-28T01:02:04Z", "bm8="}, below));
    daemon.restart();
    CHECK(!supernodes.at(kActivation, tip)); // a call just failed
    now += Supernodes::kPause;
    CHECK(rules.connectBlock(life.blocks.back()).ok);
    CHECK(supernodes.at(kActivation, tip));
    CHECK(supernodes.last(kActivation)->status == Status::gone);
}

// Without an answer, what is known stays, each pause costs at most one question, and no answer is mistaken for another.
void testSupernodesAway()
{
    const Folder folder;
    write(folder.cookie(), "__cookie__:" + std::string(64, '7'));
    const std::string zeros(64, '0'), ones(64, '1');
    const Server server(http("200 OK", "{\"result\":{\"tip\":\"" + zeros +
                                           "\",\"supernode\":{\"pool\":\"acme.x\",\"pastelid\":\"jX\",\"payee\":\"51\",\"height\":7,"
                                           "\"status\":\"active\"}},\"error\":null,\"id\":1}"),
                        Server::End::close);
    Client::Config config;
    config.address = server.address();
    config.cookie = folder.cookie();
    Client rules(config);
    auto now = Supernodes::Clock::now();
    Supernodes supernodes(rules, [&] { return now; });
    CHECK(supernodes.at(kActivation, zeros) && supernodes.at(kActivation, zeros));
    CHECK(server.calls() == 1);
    CHECK(!supernodes.at(kActivation, ones)); // the second answer has the first call's id
    CHECK(!supernodes.at(kActivation, ones));
    CHECK(!supernodes.at(ones, ones)); // and no other Supernode is asked about
    CHECK(server.calls() == 2);
    now += Supernodes::kPause;
    CHECK(!supernodes.at(kActivation, ones));
    CHECK(server.calls() == 3);
    CHECK(supernodes.at(kActivation, zeros)); // the node went back to that block
    CHECK(supernodes.last(kActivation) && supernodes.last(kActivation)->status == Status::active);
    CHECK(!supernodes.last(ones));
}

void testLaunches()
{
    const std::string good = "{\"smartpool\":{\"signature\":\"s\",\"time\":\"2026-11-28T01:02:03Z\"}}";
    const auto launch = readExtra(good);
    CHECK(launch && launch->signature == "s" && launch->time == "2026-11-28T01:02:03Z");
    CHECK(readExtra("{\"other\":1,\"smartpool\":{\"time\":\"\",\"signature\":\"\"}}"));
    for (const char* extra : {"", "{", "[]", "null", "{}", "{\"smartpool\":null}", "{\"smartpool\":{\"time\":\"x\"}}",
                              "{\"smartpool\":{\"time\":\"x\",\"signature\":1}}",
                              "{\"smartpool\":{\"time\":\"x\",\"signature\":\"y\",\"more\":1}}"})
        CHECK(!readExtra(extra));

    const std::string x(64, 'a'), y(62, 'b');
    CHECK(compressKey(fromHex("04" + x + y + "02")) == "02" + x);
    CHECK(compressKey(fromHex("04" + x + y + "03")) == "03" + x);
    CHECK(compressKey(fromHex("03" + x)) == "03" + x);
    for (const std::string& key : {std::string(), "04" + x, "02" + x + y + "02", "06" + x + y + "02", "05" + x, "04" + x + y})
        CHECK(compressKey(fromHex(key)).empty());

    const Launch first{"2026-11-28T01:02:03Z", "s"}, second{"2026-11-28T01:02:04Z", "t"};
    CHECK(replaces(second, "k", first, "k") && replaces(second, "l", first, "k"));
    CHECK(replaces(first, "k", first, "k"));
    CHECK(!replaces(first, "l", first, "k") && !replaces(first, "k", second, "k"));
}

void testKilled(const char* program, const Line& life)
{
    const Folder folder;
    Daemon daemon(program, folder);
    Client rules(daemon.config());
    for (int h = 0; h < 20; h++)
        CHECK(rules.connectBlock(life.block(h)).ok);
    const std::string before = slurp(folder.cookie());
    daemon.kill();
    CHECK(noAnswer([&] { rules.connectBlock(life.block(20)); }, "smartpoold running"));
    daemon.restart();
    CHECK(slurp(folder.cookie()) != before); // the client reads the new one
    CHECK(rules.tip().height == 19);
    CHECK(rules.connectBlock(life.block(20)).ok);
}

void testFrozen(const char* program, const Line& life)
{
    const Folder folder;
    Daemon daemon(program, folder);
    Client::Config config = daemon.config();
    config.question = 300ms;
    std::atomic<bool> stopping{false};
    config.stopping = [&] { return stopping.load(); };
    Client rules(config);
    CHECK(rules.connectBlock(life.block(0)).ok);
    daemon.freeze();
    const auto began = Clock::now();
    CHECK(noAnswer([&] { rules.tip(); }, "in time"));
    CHECK(Clock::now() - began < 30s); // not a step's time limit
    // Another thread waits for its turn no longer than for an answer.
    std::thread step([&] { CHECK(noAnswer([&] { rules.connectBlock(life.block(1)); }, "stopping")); });
    CHECK(noAnswer([&] { rules.payouts(); }, ""));
    stopping = true; // and a node that shuts down does not wait at all
    step.join();
    stopping = false;
    daemon.thaw();
    config.question = 60s;
    Client patient(config);
    // The block may be connected: the call reached a frozen daemon.
    const int height = patient.tip().height;
    CHECK(height == 0 || height == 1);
    CHECK(patient.connectBlock(life.block(1)).ok);
    CHECK(patient.tip().height == 1);
}

void testCookie(const char* program)
{
    const Folder folder;
    Daemon daemon(program, folder);
    const std::string right = slurp(folder.cookie());
    Client rules(daemon.config());
    CHECK(rules.tip().height == -1);

    Client late(daemon.config());
    write(folder.cookie(), "__cookie__:" + std::string(64, '0'));
    CHECK(noAnswer([&] { late.tip(); }, "password is wrong"));
    CHECK(rules.tip().height == -1); // the right password is still known
    write(folder.cookie(), "rpcuser:secret");
    CHECK(noAnswer([&] { late.tip(); }, "not a cookie file of smartpoold"));
    std::filesystem::remove(folder.cookie());
    CHECK(noAnswer([&] { late.tip(); }, "cannot read the cookie"));
    write(folder.cookie(), right + "\n");
    CHECK(late.tip().height == -1);
}

void testReconcile(const char* program, const Line& life)
{
    const Folder folder;
    Daemon daemon(program, folder);
    Client rules(daemon.config());
    const auto at = [&](const Line& line) {
        const Tip tip = rules.tip();
        return tip.height == line.height() && tip.hash == line.hash(line.height());
    };
    CHECK(reconcile(rules, life.to(150)).height == -1); // from nothing
    CHECK(at(life.to(150)));
    CHECK(reconcile(rules, life.to(90)).height == -1); // the rules are ahead
    CHECK(at(life.to(90)));
    CHECK(reconcile(rules, life.to(200)).height == -1); // and behind
    CHECK(at(life.to(200)));

    // A branch with the same transactions; the rules provide its hashes.
    Line branch = life.to(140);
    for (int h = 200; h > 140; h--)
        CHECK(rules.disconnectBlock(life.hash(h)).ok);
    const auto onTop = [&](int h) {
        Bytes block = life.block(h);
        block[kNonce] ^= 1;
        setParent(block, branch.hashes.back());
        return block;
    };
    for (int h = 141; h <= 240; h++) {
        branch.blocks.push_back(onTop(h));
        CHECK(rules.connectBlock(branch.blocks.back()).ok);
        branch.hashes.push_back(rules.tip().hash);
    }
    CHECK(reconcile(rules, life.to(141)).height == -1); // 100 back
    CHECK(at(life.to(141)));
    CHECK(reconcile(rules, branch).height == -1);
    CHECK(at(branch));
    CHECK(rules.connectBlock(onTop(241)).ok);
    const Tip before = rules.tip(); // 101 blocks above the last common one
    try {
        reconcile(rules, life.to(200));
        CHECK(!"a wrong pairing is detected");
    } catch (const WrongPairing& e) {
        CHECK(std::string(e.what()).find("more than 100 blocks") != std::string::npos);
    }
    CHECK(rules.tip().hash == before.hash);

    Line other = life.to(5);
    std::fill(other.hashes.begin(), other.hashes.end(), std::string(64, 'f'));
    try {
        reconcile(rules, other);
        CHECK(!"another network is detected");
    } catch (const WrongPairing& e) {
        CHECK(std::string(e.what()).find("first block") != std::string::npos);
    }
    CHECK(rules.tip().hash == before.hash);

    CHECK(reconcile(rules, branch).height == -1);
    Line broken = branch; // the node cannot continue where the rules cannot read its block
    broken.blocks.push_back(Bytes{0});
    broken.hashes.push_back(std::string(64, 'e'));
    CHECK(noAnswer([&] { reconcile(rules, broken); }, "connect block 241"));
    CHECK(at(branch));
}

void testMisbehaving()
{
    const Folder folder;
    write(folder.cookie(), "__cookie__:" + std::string(64, '7'));
    const std::string zeros(64, '0');
    const auto result = [](const std::string& value) { return http("200 OK", "{\"result\":" + value + ",\"error\":null,\"id\":1}"); };
    const auto tipAt = [&](const std::string& height, const std::string& locator) {
        return "{\"height\":" + height + ",\"hash\":\"" + zeros + "\",\"digest\":\"" + zeros + "\",\"locator\":[" + locator + "]}";
    };
    const std::string tip = tipAt("0", "");
    const std::string good = result(tip);
    struct Case {
        std::string name, answer, word;
        Server::End end = Server::End::close;
    };
    const std::vector<Case> cases = {
        {"nothing", "", "closed the connection"},
        {"silence", "", "in time", Server::End::keep},
        {"half a head", good.substr(0, 20), "closed the connection"},
        {"half a body", good.substr(0, good.size() - 5), "closed the connection"},
        {"half a body and silence", good.substr(0, good.size() - 5), "in time", Server::End::keep},
        {"more than it says", good + "x", "longer than it says"},
        {"garbage", "\x16\x03\x01\x02\r\n\r\n", "not HTTP/1.1"},
        {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP/1.1"},
        {"an old protocol", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "not HTTP/1.1"},
        {"no status", "HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}", "not HTTP/1.1"},
        {"an endless head", "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x'), "head of the answer is longer"},
        {"no length", "HTTP/1.1 200 OK\r\n\r\n{}", "has no Content-Length"},
        {"an interim answer", "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", "has no Content-Length"},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\n{}", "length is invalid"},
        {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", "length is invalid"},
        {"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}", "length is invalid"},
        {"an oversized answer", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n{}", "longer than 65536 bytes", Server::End::keep},
        {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "is chunked"},
        {"a page", http("200 OK", "<html>hello</html>"), "not one of smartpoold's"},
        {"no JSON", http("200 OK", "{"), "not one of smartpoold's"},
        {"two values", http("200 OK", "{}{}"), "not one of smartpoold's"},
        {"deep", http("200 OK", std::string(60'000, '[')), "not one of smartpoold's"},
        {"not UTF-8", result("\"\xff\""), "not one of smartpoold's"},
        {"null", result("null"), "not one of smartpoold's"},
        {"another id", http("200 OK", "{\"result\":" + tip + ",\"error\":null,\"id\":2}"), "another call"},
        {"a text id", http("200 OK", "{\"result\":" + tip + ",\"error\":null,\"id\":\"1\"}"), "another call"},
        {"another status", http("500 Internal Server Error", "{\"result\":" + tip + ",\"error\":null,\"id\":1}"), "HTTP status 500"},
        {"an error", http("500 Internal Server Error",
                          "{\"result\":null,\"error\":{\"code\":-1,\"message\":\"the disk is full\"},\"id\":1}"),
         "the disk is full"},
        {"result and error", http("200 OK", "{\"result\":" + tip + ",\"error\":{\"code\":-1,\"message\":\"no\"},\"id\":1}"),
         "no answer: no"},
        {"another field", http("200 OK", "{\"result\":" + tip + ",\"error\":null,\"id\":1,\"more\":1}"), "not one of smartpoold's"},
        {"a field twice", result(tipAt("0,\"height\":0", "")), "not one of"},
        {"a height that is none", result(tipAt("0.5", "")), "not one of"},
        {"a huge height", result(tipAt("4294967296", "")), "not one of"},
        {"a low height", result(tipAt("-2", "")), "not one of"},
        {"a short hash", result("{\"height\":0,\"hash\":\"00\",\"digest\":\"" + zeros + "\",\"locator\":[]}"), "not one of"},
        {"no locator", result(tipAt("3", "")), "not one of"},
        {"a locator that goes up", result(tipAt("3",
                                               "{\"height\":3,\"hash\":\"" + zeros + "\"},{\"height\":0,\"hash\":\"" + zeros + "\"}")), "not one of"},
        {"a wrong password", http("401 Unauthorized", "use the user and password from the cookie file\n"), "password is wrong"},
    };
    const auto config = [&](const Server& server) {
        Client::Config c;
        c.address = server.address();
        c.cookie = folder.cookie();
        c.question = 500ms;
        c.step = 500ms;
        return c;
    };
    for (const Case& c : cases) {
        const Server server(c.answer, c.end);
        Client rules(config(server));
        if (!noAnswer([&] { rules.tip(); }, c.word)) {
            std::cerr << "case: " << c.name << "\n";
            failures++;
        }
        CHECK(server.calls() == 1);
    }
    { // the same server, well-behaved
        const Server server(good, Server::End::close);
        Client rules(config(server));
        CHECK(rules.tip().height == 0);
        CHECK(noAnswer([&] { rules.tip(); }, "another call")); // on a new connection, because the first one was closed
        CHECK(server.calls() == 2);
    }
    // A verdict is strictly yes or no.
    for (const char* value :
         {"{}", "{\"ok\":1}", "{\"ok\":\"true\"}", "{\"ok\":true,\"reason\":\"x\"}", "{\"ok\":true,\"detail\":\"x\"}",
          "{\"ok\":true,\"tip\":\"\"}",
          "{\"ok\":false}", "{\"ok\":false,\"reason\":\"\",\"detail\":\"x\"}",
          "{\"ok\":false,\"reason\":\"x\",\"detail\":\"\"}", "[true]", "true"}) {
        const Server server(result(value), Server::End::close);
        Client rules(config(server));
        CHECK(noAnswer([&] { rules.connectBlock(Bytes{1}); }, "not one of"));
    }
    for (const std::string& value : std::initializer_list<std::string>{
             "{\"tip\":\"" + zeros + "\"}", "{\"tip\":\"" + zeros + "\",\"payouts\":null}", "{\"tip\":\"\",\"payouts\":[]}",
             "{\"tip\":\"" + zeros + "\",\"payouts\":[\"\"]}", "{\"tip\":\"" + zeros + "\",\"payouts\":[\"0\"]}",
             "{\"tip\":\"" + zeros + "\",\"payouts\":[\"zz\"]}", "{\"tip\":\"" + zeros + "\",\"payouts\":[1]}"}) {
        const Server server(result(value), Server::End::close);
        Client rules(config(server));
        CHECK(noAnswer([&] { rules.payouts(); }, "not one of"));
    }
    const std::string sn = "\"pool\":\"acme.x\",\"pastelid\":\"jX\",\"payee\":\"51\"";
    for (const std::string& value : std::initializer_list<std::string>{
             "{\"tip\":\"" + zeros + "\"}", "{\"supernode\":null}", "{\"tip\":\"" + zeros + "\",\"supernode\":{}}",
             "{\"tip\":\"" + zeros + "\",\"supernode\":{" + sn + ",\"height\":1,\"status\":\"stopped\"}}",
             "{\"tip\":\"" + zeros + "\",\"supernode\":{" + sn + ",\"height\":-1,\"status\":\"active\"}}",
             "{\"tip\":\"" + zeros + "\",\"supernode\":{" + sn + ",\"status\":\"active\"}}"}) {
        const Server server(result(value), Server::End::close);
        Client rules(config(server));
        CHECK(noAnswer([&] { rules.supernode(zeros); }, "not one of")); // which differs from gone
    }
    for (const char* address : {"", "127.0.0.1", "localhost:1", "192.0.2.1:1", "0.0.0.0:1", "[::]:1", ":1", "127.0.0.1:", "127.0.0.1:x"}) {
        Client::Config c;
        c.address = address;
        try {
            Client rules(c);
            CHECK(!"an address that is not on loopback");
        } catch (const std::invalid_argument&) {
        }
    }
}

void testEncodings()
{
    const std::map<std::string, std::string> base64 = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    for (const auto& [plain, encoded] : base64) // RFC 4648
        CHECK(toBase64(plain) == encoded);
    CHECK(toHex(Bytes{0, 1, 0xab, 0xff}) == "0001abff");
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: client_test SMARTPOOLD BLOCKS\n";
        return 2;
    }
    const Line life = readLine(argv[2]);
    const std::vector<std::pair<const char*, std::function<void()>>> tests = {
        {"encodings", testEncodings},
        {"misbehaving servers", testMisbehaving},
        {"launches", testLaunches},
        {"Supernodes without an answer", testSupernodesAway},
        {"cookies", [&] { testCookie(argv[1]); }},
        {"killed", [&] { testKilled(argv[1], life); }},
        {"frozen", [&] { testFrozen(argv[1], life); }},
        {"reconcile", [&] { testReconcile(argv[1], life); }},
        {"Supernodes", [&] { testSupernodes(argv[1], life); }},
        {"a pool's life", [&] { testLife(argv[1], life); }},
    };
    for (const auto& [name, test] : tests) {
        const int before = failures;
        test();
        std::cout << (failures == before ? "ok    " : "FAIL  ") << name << std::endl;
    }
    return failures == 0 ? 0 : 1;
}
