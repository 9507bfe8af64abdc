// Writes peephole.json: outputs and gradients of stacks of oneDNN's LSTM primitive with peepholes, of one and two
// layers, in one direction and in both.
//
//   apt-get install libdnnl-dev && g++ make_peephole.cpp -ldnnl && ./a.out > peephole.json
#include <cstdio>
#include <string>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;
using floats = std::vector<float>;
using tag = memory::format_tag;
using size = memory::dim;

const size T = 5, N = 3, I = 4, H = 3;
const engine cpu(engine::kind::cpu, 0);

// Numbers from -0.8 to 0.8 that look like chance.
floats numbers(size count) {
  static unsigned state = 1;
  floats values(count);
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = ((state >> 8) % 1601) / 1000.0f - 0.8f;
  }
  return values;
}

memory::desc described(memory::dims dims, tag layout) { return memory::desc(dims, memory::data_type::f32, layout); }

memory held(memory::desc shape, const floats &values) {
  memory m(shape, cpu);
  std::copy(values.begin(), values.end(), static_cast<float *>(m.get_data_handle()));
  return m;
}

floats values(memory m) {
  const float *p = static_cast<const float *>(m.get_data_handle());
  return floats(p, p + m.get_desc().get_size() / sizeof(float));
}

memory turned(stream &work, memory from, memory::desc layout) {
  memory to(layout, cpu);
  reorder(from, to).execute(work, from, to);
  work.wait();
  return to;
}

struct Parameters {
  floats W, U, P, B;
};

// One direction of a layer: the primitive. Sequences are [T][N][width].
struct Direction {
  size inputs;
  rnn_direction direction;
  Parameters parameters, gradients;
  lstm_forward::primitive_desc description;
  std::unordered_map<int, memory> arguments;

  const memory::desc src = described({T, N, inputs}, tag::tnc), dst = described({T, N, H}, tag::tnc);
  const memory::desc iter = described({1, 1, N, H}, tag::ldnc);
  const memory::desc w = described({1, 1, inputs, 4, H}, tag::ldigo), u = described({1, 1, H, 4, H}, tag::ldigo);
  const memory::desc peephole = described({1, 1, 3, H}, tag::ldgo), bias = described({1, 1, 4, H}, tag::ldgo);
  const floats zero = floats(N * H, 0);

  Direction(size inputs, bool is_reverse)
      : inputs(inputs),
        direction(is_reverse ? rnn_direction::unidirectional_right2left : rnn_direction::unidirectional_left2right),
        parameters{numbers(inputs * 4 * H), numbers(H * 4 * H), numbers(3 * H), numbers(4 * H)} {}

  floats forward(const floats &x) {
    stream work(cpu);
    description = lstm_forward::primitive_desc(
        {prop_kind::forward_training, direction, src, iter, iter, w, u, peephole, bias, dst, iter, iter}, cpu);
    arguments = {
        {DNNL_ARG_SRC_LAYER, held(src, x)}, {DNNL_ARG_SRC_ITER, held(iter, zero)},
        {DNNL_ARG_SRC_ITER_C, held(iter, zero)}, {DNNL_ARG_WEIGHTS_LAYER, held(w, parameters.W)},
        {DNNL_ARG_WEIGHTS_ITER, held(u, parameters.U)}, {DNNL_ARG_WEIGHTS_PEEPHOLE, held(peephole, parameters.P)},
        {DNNL_ARG_BIAS, held(bias, parameters.B)}, {DNNL_ARG_DST_LAYER, memory(dst, cpu)},
        {DNNL_ARG_DST_ITER, memory(iter, cpu)}, {DNNL_ARG_DST_ITER_C, memory(iter, cpu)},
        {DNNL_ARG_WORKSPACE, memory(description.workspace_desc(), cpu)}};
    lstm_forward(description).execute(work, arguments);
    work.wait();
    return values(arguments[DNNL_ARG_DST_LAYER]);
  }

  // From the gradient of the output that of the input, and those of the parameters.
  floats backward(const floats &slope) {
    stream work(cpu);
    auto w_back = described({1, 1, inputs, 4, H}, tag::ldgoi), u_back = described({1, 1, H, 4, H}, tag::ldgoi);
    lstm_backward::primitive_desc backward(
        {prop_kind::backward, direction, src, iter, iter, w_back, u_back, peephole, bias, dst, iter, iter, src,
         iter, iter, w, u, peephole, bias, dst, iter, iter},
        cpu, description);
    arguments[DNNL_ARG_WEIGHTS_LAYER] = turned(work, arguments[DNNL_ARG_WEIGHTS_LAYER], w_back);
    arguments[DNNL_ARG_WEIGHTS_ITER] = turned(work, arguments[DNNL_ARG_WEIGHTS_ITER], u_back);
    // The gradients of weights are added to.
    memory dW = held(w, floats(inputs * 4 * H, 0)), dU = held(u, floats(H * 4 * H, 0));
    memory dP = held(peephole, floats(3 * H, 0)), dB = held(bias, floats(4 * H, 0));
    memory dx(src, cpu);
    const std::unordered_map<int, memory> slopes = {
        {DNNL_ARG_DIFF_SRC_LAYER, dx}, {DNNL_ARG_DIFF_SRC_ITER, memory(iter, cpu)},
        {DNNL_ARG_DIFF_SRC_ITER_C, memory(iter, cpu)}, {DNNL_ARG_DIFF_WEIGHTS_LAYER, dW},
        {DNNL_ARG_DIFF_WEIGHTS_ITER, dU}, {DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, dP},
        {DNNL_ARG_DIFF_BIAS, dB}, {DNNL_ARG_DIFF_DST_LAYER, held(dst, slope)},
        {DNNL_ARG_DIFF_DST_ITER, held(iter, zero)}, {DNNL_ARG_DIFF_DST_ITER_C, held(iter, zero)}};
    arguments.insert(slopes.begin(), slopes.end());
    lstm_backward(backward).execute(work, arguments);
    work.wait();
    gradients = {values(dW), values(dU), values(dP), values(dB)};
    return values(dx);
  }
};

// Columns of a matrix [rows][width], from or into one [rows][count].
floats columns(const floats &x, size width, size first, size count) {
  floats y;
  for (size_t row = 0; row < x.size(); row += width)
    y.insert(y.end(), x.begin() + row + first, x.begin() + row + first + count);
  return y;
}

void set_columns(floats &x, size width, size first, size count, const floats &y) {
  for (size_t k = 0; k < y.size(); k++) x[k / count * width + first + k % count] = y[k];
}

void write(const std::string &name, const floats &values, const char *end = ",") {
  std::printf("\"%s\": [", name.c_str());
  for (size_t i = 0; i < values.size(); i++) std::printf("%s%.9g", i ? ", " : "", values[i]);
  std::printf("]%s\n", end);
}

// [rows][4][H] as PyTorch has it: [4 H][rows].
floats transposed(const floats &x) {
  const size_t rows = x.size() / (4 * H);
  floats y(x.size());
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < 4 * H; c++) y[c * rows + r] = x[r * 4 * H + c];
  return y;
}

void write(const char *name, const std::vector<std::vector<Direction>> &layers, Parameters Direction::*which) {
  std::printf("\"%s\": {\n", name);
  for (size_t l = 0; l < layers.size(); l++)
    for (size_t d = 0; d < layers[l].size(); d++) {
      const Parameters &p = layers[l][d].*which;
      const std::string end = "_l" + std::to_string(l) + (d ? "_reverse" : "");
      write("lstm.weight_ih" + end, transposed(p.W));
      write("lstm.weight_hh" + end, transposed(p.U));
      write("lstm.bias_ih" + end, p.B);
      write("lstm.weight_ci" + end, columns(p.P, 3 * H, 0, H));
      write("lstm.weight_cf" + end, columns(p.P, 3 * H, H, H));
      write("lstm.weight_co" + end, columns(p.P, 3 * H, 2 * H, H),
            l + 1 == layers.size() && d + 1 == layers[l].size() ? "" : ",");
    }
  std::puts("},");
}

void write(size layer_count, size directions) {
  const size width = directions * H;
  std::vector<std::vector<Direction>> layers(layer_count);
  for (size l = 0; l < layer_count; l++)
    for (size d = 0; d < directions; d++) layers[l].emplace_back(l ? width : I, d == 1);

  const floats x = numbers(T * N * I), slope = numbers(N * width);
  floats sequence = x;
  for (auto &layer : layers) {
    floats outputs(T * N * width);
    for (size d = 0; d < directions; d++) set_columns(outputs, width, d * H, H, layer[d].forward(sequence));
    sequence = outputs;
  }
  // Each direction's final state, and the gradient of that.
  floats output(N * width), gradient(T * N * width, 0);
  for (size d = 0; d < directions; d++) {
    const size at = d ? 0 : (T - 1) * N * width;
    const floats step(sequence.begin() + at, sequence.begin() + at + N * width);
    set_columns(output, width, d * H, H, columns(step, width, d * H, H));
    floats ahead(gradient.begin() + at, gradient.begin() + at + N * width);
    set_columns(ahead, width, d * H, H, columns(slope, width, d * H, H));
    std::copy(ahead.begin(), ahead.end(), gradient.begin() + at);
  }
  for (size l = layer_count - 1; l >= 0; l--) {
    floats below(T * N * (l ? width : I), 0);
    for (size d = 0; d < directions; d++) {
      const floats part = layers[l][d].backward(columns(gradient, width, d * H, H));
      for (size_t k = 0; k < part.size(); k++) below[k] += part[k];
    }
    gradient = below;
  }

  std::printf("{\"steps\": %d, \"rows\": %d, \"inputSize\": %d, \"hiddenSize\": %d, \"layers\": %d,\n", (int)T, (int)N,
              (int)I, (int)H, (int)layer_count);
  std::printf("\"isBidirectional\": %s,\n", directions == 2 ? "true" : "false");
  write("input", x);
  write("parameters", layers, &Direction::parameters);
  write("output", output);
  write("outputGradient", slope);
  write("gradients", layers, &Direction::gradients);
  write("inputGradient", gradient, "}");
}

int main() {
  std::puts("[");
  for (size layers = 1; layers <= 2; layers++)
    for (size directions = 1; directions <= 2; directions++) {
      if (layers + directions > 2) std::puts(",");
      write(layers, directions);
    }
  std::puts("]");
}
