// A backend for Etalon. Build it and check it:
//
//     g++ -std=c++17 -O2 -o mine mine.cpp
//     etalon check --worker ./mine
//
// `etalon operations` lists what can be asked; `etalon operations matmul` prints names, shapes and the limit of the error.
#include "etalon.hpp"

etalon::Tensors relu(const etalon::Tensors& inputs, const etalon::Json&) {
  etalon::Tensor y = inputs.at("x");
  for (float& value : y.data) {
    if (value < 0) value = 0;
  }
  return {{"y", y}};
}

etalon::Tensors matmul(const etalon::Tensors& inputs, const etalon::Json&) {
  const etalon::Tensor &a = inputs.at("a"), &b = inputs.at("b");
  const std::size_t rows = a.shape[0], inner = a.shape[1], columns = b.shape[1];
  etalon::Tensor y = etalon::Tensor::of({rows, columns});
  for (std::size_t i = 0; i < rows; i++) {
    for (std::size_t j = 0; j < columns; j++) {
      float sum = 0;
      for (std::size_t k = 0; k < inner; k++) sum += a.data[i * inner + k] * b.data[k * columns + j];
      y.data[i * columns + j] = sum;
    }
  }
  return {{"y", y}};
}

int main() {
  etalon::operation("relu", relu);
  etalon::operation("matmul", matmul);
  return etalon::serve("mine", "1.0");
}
