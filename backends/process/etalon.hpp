// Etalon's protocol for backends written in C++: one header, C++17 and POSIX only, float32.
//
//     #include "etalon.hpp"
//
//     etalon::Tensors relu(const etalon::Tensors& inputs, const etalon::Json&) {
//       etalon::Tensor y = inputs.at("x");
//       for (float& value : y.data) value = value > 0 ? value : 0;
//       return {{"y", y}};
//     }
//
//     int main() {
//       etalon::operation("relu", relu);
//       return etalon::serve("mine", "1.0");
//     }
//
// A function gets the operation's inputs by name and its attributes as they came (`attributes.at("stride").at(0).number`), under the
// names that `etalon operations NAME` prints, and returns its outputs by name. What it throws becomes the reason in the report;
// throw etalon::Unsupported for attributes that it does not have.
//
// serve() takes standard input and output for the protocol: what the program prints from then on goes to standard error.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace etalon {

// A value of JSON; only the member that its kind names is filled.
struct Json {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;
  std::string string;
  std::vector<Json> array;
  std::map<std::string, Json> object;

  bool has(const std::string& key) const { return object.count(key) > 0; }
  const Json& at(const std::string& key) const {
    const auto found = object.find(key);
    if (found == object.end()) throw std::runtime_error("there is no " + key);
    return found->second;
  }
  const Json& at(std::size_t index) const { return array.at(index); }
};

// A shape and its numbers in row-major order.
struct Tensor {
  std::vector<std::size_t> shape;
  std::vector<float> data;

  static std::size_t size(const std::vector<std::size_t>& shape) {
    std::size_t product = 1;
    for (const std::size_t axis : shape) product *= axis;
    return product;
  }
  // Zeros.
  static Tensor of(std::vector<std::size_t> shape) {
    const std::size_t count = size(shape);
    return {std::move(shape), std::vector<float>(count)};
  }
};
using Tensors = std::map<std::string, Tensor>;
using Function = std::function<Tensors(const Tensors& inputs, const Json& attributes)>;

// The operation exists here, but not with these attributes or shapes.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

inline std::map<std::string, Function>& functions() {
  static std::map<std::string, Function> all;
  return all;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Json value() {
    skip();
    Json json;
    switch (peek()) {
      case '{':
        json.kind = Json::Kind::object;
        members('}', [&] {
          std::string key = string();
          expect(':');
          json.object[key] = value();
        });
        return json;
      case '[':
        json.kind = Json::Kind::array;
        members(']', [&] { json.array.push_back(value()); });
        return json;
      case '"':
        json.kind = Json::Kind::string;
        json.string = string();
        return json;
      case 't':
      case 'f':
        json.kind = Json::Kind::boolean;
        json.boolean = peek() == 't';
        word(json.boolean ? "true" : "false");
        return json;
      case 'n':
        word("null");
        return json;
      default:
        return number();
    }
  }

 private:
  const std::string& text_;
  std::size_t at_ = 0;

  [[noreturn]] void fail() const { throw std::runtime_error("not JSON at byte " + std::to_string(at_)); }
  char peek() const {
    if (at_ >= text_.size()) fail();
    return text_[at_];
  }
  void skip() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_])) at_++;
  }
  void expect(char wanted) {
    skip();
    if (peek() != wanted) fail();
    at_++;
  }
  void word(const char* wanted) {
    if (text_.compare(at_, std::strlen(wanted), wanted) != 0) fail();
    at_ += std::strlen(wanted);
  }
  Json number() {
    const char* start = text_.c_str() + at_;
    char* end = nullptr;
    Json json;
    json.kind = Json::Kind::number;
    json.number = std::strtod(start, &end);
    if (end == start) fail();
    at_ += static_cast<std::size_t>(end - start);
    return json;
  }
  template <typename Member>
  void members(char close, Member member) {
    at_++;
    skip();
    if (peek() == close) {
      at_++;
      return;
    }
    for (;;) {
      skip();
      member();
      skip();
      if (peek() == close) {
        at_++;
        return;
      }
      expect(',');
    }
  }
  std::string string() {
    skip();
    if (peek() != '"') fail();
    std::string result;
    for (at_++; peek() != '"'; at_++) {
      if (peek() != '\\') {
        result += peek();
        continue;
      }
      at_++;
      switch (peek()) {
        case 'n': result += '\n'; break;
        case 't': result += '\t'; break;
        case 'r': result += '\r'; break;
        case 'b': result += '\b'; break;
        case 'f': result += '\f'; break;
        case 'u': unicode(result); break;
        default: result += peek();
      }
    }
    at_++;
    return result;
  }
  // One UTF-16 unit as UTF-8; requests hold none beyond the basic plane.
  void unicode(std::string& result) {
    if (at_ + 4 >= text_.size()) fail();
    const unsigned code = static_cast<unsigned>(std::stoul(text_.substr(at_ + 1, 4), nullptr, 16));
    at_ += 4;
    if (code < 0x80) {
      result += static_cast<char>(code);
    } else if (code < 0x800) {
      result += static_cast<char>(0xc0 | (code >> 6));
      result += static_cast<char>(0x80 | (code & 0x3f));
    } else {
      result += static_cast<char>(0xe0 | (code >> 12));
      result += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
      result += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
};

inline std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + "\"";
}

constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string toBase64(const unsigned char* bytes, std::size_t count) {
  std::string text;
  text.reserve((count + 2) / 3 * 4);
  for (std::size_t i = 0; i < count; i += 3) {
    const std::size_t left = count - i;
    const std::uint32_t group = bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    text += digits[group >> 18];
    text += digits[group >> 12 & 63];
    text += left > 1 ? digits[group >> 6 & 63] : '=';
    text += left > 2 ? digits[group & 63] : '=';
  }
  return text;
}

inline std::vector<unsigned char> fromBase64(const std::string& text) {
  static const std::vector<int> values = [] {
    std::vector<int> table(256, -1);
    for (int i = 0; i < 64; i++) table[static_cast<unsigned char>(digits[i])] = i;
    return table;
  }();
  std::vector<unsigned char> bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) throw std::runtime_error("data is not base64");
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<unsigned char>(group >> (bits -= 8) & 255));
  }
  return bytes;
}

// The wire's numbers are little-endian.
inline bool isLittleEndian() {
  const std::uint16_t probe = 1;
  unsigned char first;
  std::memcpy(&first, &probe, 1);
  return first == 1;
}
inline void order(unsigned char* bytes, std::size_t count) {
  if (isLittleEndian()) return;
  for (std::size_t i = 0; i + 3 < count; i += 4) {
    std::swap(bytes[i], bytes[i + 3]);
    std::swap(bytes[i + 1], bytes[i + 2]);
  }
}

inline float spelled(const Json& value) {
  if (value.kind == Json::Kind::number) return static_cast<float>(value.number);
  if (value.string == "inf") return std::numeric_limits<float>::infinity();
  if (value.string == "-inf") return -std::numeric_limits<float>::infinity();
  if (value.string == "-0") return -0.0f;
  return std::numeric_limits<float>::quiet_NaN();
}

inline Tensor tensorOf(const Json& wire, const std::string& name) {
  if (wire.at("dtype").string != "float32") throw std::runtime_error(name + ": only float32 is known here");
  std::vector<std::size_t> shape;
  for (const Json& axis : wire.at("shape").array) shape.push_back(static_cast<std::size_t>(axis.number));
  Tensor tensor = Tensor::of(shape);
  if (wire.has("values")) {
    const std::vector<Json>& values = wire.at("values").array;
    if (values.size() != tensor.data.size()) throw std::runtime_error(name + ": as many values as the shape holds are needed");
    for (std::size_t i = 0; i < values.size(); i++) tensor.data[i] = spelled(values[i]);
    return tensor;
  }
  std::vector<unsigned char> bytes = fromBase64(wire.at("data").string);
  if (bytes.size() != 4 * tensor.data.size()) throw std::runtime_error(name + ": as many bytes as the shape asks for are needed");
  order(bytes.data(), bytes.size());
  if (!bytes.empty()) std::memcpy(tensor.data.data(), bytes.data(), bytes.size());
  return tensor;
}

inline std::string wireOf(const Tensors& tensors) {
  std::string text = "{";
  for (const auto& [name, tensor] : tensors) {
    if (tensor.data.size() != Tensor::size(tensor.shape)) throw std::runtime_error(name + ": its shape and its data differ in size");
    if (text.size() > 1) text += ',';
    text += quoted(name) + ":{\"dtype\":\"float32\",\"shape\":[";
    for (std::size_t i = 0; i < tensor.shape.size(); i++) text += (i ? "," : "") + std::to_string(tensor.shape[i]);
    std::vector<unsigned char> bytes(4 * tensor.data.size());
    if (!bytes.empty()) std::memcpy(bytes.data(), tensor.data.data(), bytes.size());
    order(bytes.data(), bytes.size());
    text += "],\"data\":\"" + toBase64(bytes.data(), bytes.size()) + "\"}";
  }
  return text + "}";
}

inline const Function& functionOf(const Json& request) {
  const std::string& name = request.at("operation").string;
  const auto found = functions().find(name);
  if (found == functions().end()) throw Unsupported("there is no operation " + name + " here");
  return found->second;
}

inline Tensors inputsOf(const Json& request) {
  Tensors inputs;
  for (const auto& [name, wire] : request.at("inputs").object) inputs[name] = tensorOf(wire, name);
  return inputs;
}

inline double milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

inline std::string list(const std::vector<double>& samples) {
  std::string text = "[";
  for (std::size_t i = 0; i < samples.size(); i++) text += (i ? "," : "") + std::to_string(samples[i]);
  return text + "]";
}

// Copying the inputs, computing, and copying the outputs are this worker's load, execute and read.
inline std::string bench(const Json& request) {
  const Function& compute = functionOf(request);
  const Tensors given = inputsOf(request);
  const Json& attributes = request.at("attributes");
  std::vector<double> load, execute, read;
  Tensors outputs;
  const int warmup = 1 + static_cast<int>(request.at("warmup").number);
  const int iterations = static_cast<int>(request.at("iterations").number);
  double first = 0;
  for (int i = 0; i < warmup + iterations; i++) {
    const double start = milliseconds();
    const Tensors inputs = given;
    const double loaded = milliseconds();
    const Tensors computed = compute(inputs, attributes);
    const double executed = milliseconds();
    outputs = computed;
    const double end = milliseconds();
    if (i == 0) first = end - start;
    if (i < warmup) continue;
    load.push_back(loaded - start);
    execute.push_back(executed - loaded);
    read.push_back(end - executed);
  }
  return "{\"firstCallMs\":" + std::to_string(first) + ",\"loadMs\":" + list(load) + ",\"executeMs\":" + list(execute) +
         ",\"readMs\":" + list(read) + ",\"outputs\":" + wireOf(outputs) + "}";
}

inline std::string error(const char* code, const std::string& message) {
  return std::string("\"error\":{\"code\":\"") + code + "\",\"message\":" + quoted(message) + "}";
}

inline std::string answer(const Json& request, const std::string& hello) {
  try {
    const std::string& call = request.at("call").string;
    if (call == "hello") return "\"ok\":" + hello;
    if (call == "bench") return "\"ok\":" + bench(request);
    if (call != "run") return error("unsupported", "there is no call " + call);
    return "\"ok\":{\"outputs\":" + wireOf(functionOf(request)(inputsOf(request), request.at("attributes"))) + "}";
  } catch (const Unsupported& reason) {
    return error("unsupported", reason.what());
  } catch (const std::exception& reason) {
    return error("failed", reason.what());
  }
}

}  // namespace detail

// Says which function computes the operation of this name.
inline void operation(const std::string& name, Function function) { detail::functions()[name] = std::move(function); }

// Answers requests until there are no more; what main returns. `flushes` declares that numbers below the smallest normal one may become
// zero, as after -ffast-math.
inline int serve(const std::string& name, const std::string& version = "0", const std::string& device = "cpu",
                 bool flushes = false) {
  using detail::quoted;
  std::FILE* requests = fdopen(dup(0), "rb");
  std::FILE* replies = fdopen(dup(1), "wb");
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  dup2(2, 1);
  std::string hello = "{\"protocol\":1,\"dtype\":\"float32\",\"name\":" + quoted(name) + ",\"version\":" + quoted(version) +
                      ",\"device\":" + quoted(device) + (flushes ? ",\"subnormals\":\"flushed\"" : "") + ",\"operations\":[";
  for (const auto& [operation, function] : detail::functions()) hello += (hello.back() == '[' ? "" : ",") + quoted(operation);
  hello += "]}";

  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t length; (length = getline(&line, &capacity, requests)) > 0;) {
    std::string reply;
    try {
      const std::string text(line, static_cast<std::size_t>(length));
      const Json request = detail::Parser(text).value();
      if (request.at("call").string == "bye") break;
      reply = "{\"id\":" + quoted(request.at("id").string) + "," + detail::answer(request, hello) + "}\n";
    } catch (const std::exception& reason) {
      reply = "{\"id\":\"\"," + detail::error("invalid", reason.what()) + "}\n";
    }
    std::fwrite(reply.data(), 1, reply.size(), replies);
    std::fflush(replies);
  }
  std::free(line);
  return 0;
}

}  // namespace etalon
