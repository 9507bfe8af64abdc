// Writes peephole.json: the outputs and gradients of oneDNN's LSTM primitive with peepholes.
//
//   apt-get install libdnnl-dev && g++ make_peephole.cpp -ldnnl && ./a.out > peephole.json
#include <cstdio>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

using namespace dnnl;
using floats = std::vector<float>;
using tag = memory::format_tag;

const memory::dim T = 5, N = 3, I = 4, H = 3;

// Numbers from -0.8 to 0.8 that look like chance.
floats numbers(size_t count) {
  static unsigned state = 1;
  floats values(count);
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = ((state >> 8) % 1601) / 1000.0f - 0.8f;
  }
  return values;
}

void write(const char *name, const floats &values, const char *end = ",") {
  std::printf("\"%s\": [", name);
  for (size_t i = 0; i < values.size(); i++) std::printf("%s%.9g", i ? ", " : "", values[i]);
  std::printf("]%s\n", end);
}

// [rows][gates][H] as PyTorch has it: [gates * H][rows].
floats transposed(const floats &x, memory::dim rows, memory::dim gates) {
  floats y(x.size());
  for (memory::dim r = 0; r < rows; r++)
    for (memory::dim c = 0; c < gates * H; c++) y[c * rows + r] = x[r * gates * H + c];
  return y;
}

floats part(const floats &x, size_t first, size_t count) {
  return floats(x.begin() + first, x.begin() + first + count);
}

int main() {
  engine cpu(engine::kind::cpu, 0);
  stream work(cpu);
  auto described = [](memory::dims dims, tag layout) {
    return memory::desc(dims, memory::data_type::f32, layout);
  };
  auto held = [&](memory::desc shape, floats values) {
    memory m(shape, cpu);
    std::copy(values.begin(), values.end(), static_cast<float *>(m.get_data_handle()));
    return m;
  };
  auto values = [](memory m) {
    const float *p = static_cast<const float *>(m.get_data_handle());
    return floats(p, p + m.get_desc().get_size() / sizeof(float));
  };

  auto src = described({T, N, I}, tag::tnc), dst = described({T, N, H}, tag::tnc);
  auto iter = described({1, 1, N, H}, tag::ldnc);
  auto w = described({1, 1, I, 4, H}, tag::ldigo), u = described({1, 1, H, 4, H}, tag::ldigo);
  auto peephole = described({1, 1, 3, H}, tag::ldgo), bias = described({1, 1, 4, H}, tag::ldgo);
  const auto direction = rnn_direction::unidirectional_left2right;
  lstm_forward::primitive_desc forward(
      {prop_kind::forward_training, direction, src, iter, iter, w, u, peephole, bias, dst, iter, iter}, cpu);
  auto w_back = described({1, 1, I, 4, H}, tag::ldgoi), u_back = described({1, 1, H, 4, H}, tag::ldgoi);
  lstm_backward::primitive_desc backward(
      {prop_kind::backward, direction, src, iter, iter, w_back, u_back, peephole, bias, dst, iter, iter, src,
       iter, iter, w, u, peephole, bias, dst, iter, iter},
      cpu, forward);

  const floats x = numbers(T * N * I), W = numbers(I * 4 * H), U = numbers(H * 4 * H);
  const floats P = numbers(3 * H), B = numbers(4 * H), slope = numbers(N * H);
  const floats zero(N * H, 0);
  std::unordered_map<int, memory> arguments = {
      {DNNL_ARG_SRC_LAYER, held(src, x)}, {DNNL_ARG_SRC_ITER, held(iter, zero)},
      {DNNL_ARG_SRC_ITER_C, held(iter, zero)}, {DNNL_ARG_WEIGHTS_LAYER, held(w, W)},
      {DNNL_ARG_WEIGHTS_ITER, held(u, U)}, {DNNL_ARG_WEIGHTS_PEEPHOLE, held(peephole, P)},
      {DNNL_ARG_BIAS, held(bias, B)}, {DNNL_ARG_DST_LAYER, memory(dst, cpu)},
      {DNNL_ARG_DST_ITER, memory(iter, cpu)}, {DNNL_ARG_DST_ITER_C, memory(iter, cpu)},
      {DNNL_ARG_WORKSPACE, memory(forward.workspace_desc(), cpu)}};
  lstm_forward(forward).execute(work, arguments);
  work.wait();

  floats ahead((T - 1) * N * H, 0);
  ahead.insert(ahead.end(), slope.begin(), slope.end());
  auto turned = [&](memory from, memory::desc layout) {
    memory to(layout, cpu);
    reorder(from, to).execute(work, from, to);
    work.wait();
    return to;
  };
  arguments[DNNL_ARG_WEIGHTS_LAYER] = turned(arguments[DNNL_ARG_WEIGHTS_LAYER], w_back);
  arguments[DNNL_ARG_WEIGHTS_ITER] = turned(arguments[DNNL_ARG_WEIGHTS_ITER], u_back);
  // The gradients of weights are added to.
  memory dW = held(w, floats(W.size(), 0)), dU = held(u, floats(U.size(), 0));
  memory dP = held(peephole, floats(P.size(), 0)), dB = held(bias, floats(B.size(), 0));
  memory dx(src, cpu);
  const std::unordered_map<int, memory> gradients = {
      {DNNL_ARG_DIFF_SRC_LAYER, dx}, {DNNL_ARG_DIFF_SRC_ITER, memory(iter, cpu)},
      {DNNL_ARG_DIFF_SRC_ITER_C, memory(iter, cpu)}, {DNNL_ARG_DIFF_WEIGHTS_LAYER, dW},
      {DNNL_ARG_DIFF_WEIGHTS_ITER, dU}, {DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, dP},
      {DNNL_ARG_DIFF_BIAS, dB}, {DNNL_ARG_DIFF_DST_LAYER, held(dst, ahead)},
      {DNNL_ARG_DIFF_DST_ITER, held(iter, zero)}, {DNNL_ARG_DIFF_DST_ITER_C, held(iter, zero)}};
  arguments.insert(gradients.begin(), gradients.end());
  lstm_backward(backward).execute(work, arguments);
  work.wait();

  std::printf("{\"steps\": %d, \"rows\": %d, \"inputSize\": %d, \"hiddenSize\": %d,\n", (int)T, (int)N, (int)I, (int)H);
  write("input", x);
  std::puts("\"parameters\": {");
  auto parameters = [](const floats &W, const floats &U, const floats &B, const floats &P) {
    write("lstm.weight_ih_l0", transposed(W, I, 4));
    write("lstm.weight_hh_l0", transposed(U, H, 4));
    write("lstm.bias_ih_l0", B);
    write("lstm.weight_ci_l0", part(P, 0, H));
    write("lstm.weight_cf_l0", part(P, H, H));
    write("lstm.weight_co_l0", part(P, 2 * H, H), "");
  };
  parameters(W, U, B, P);
  std::puts("},");
  write("output", part(values(arguments[DNNL_ARG_DST_LAYER]), (T - 1) * N * H, N * H));
  write("outputGradient", slope);
  std::puts("\"gradients\": {");
  parameters(values(dW), values(dU), values(dB), values(dP));
  std::puts("},");
  write("inputGradient", values(dx), "}");
}
