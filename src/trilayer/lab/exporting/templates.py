"""What every NumPy script has around the solver's loop; braces are filled in by `numpy_script`."""

HEAD = '''"""A run of the trilayer lab, repeated with NumPy alone.

{n1} inputs, {n2} hidden units, {m} samples, {k} iterations of {solver}. The comments name the
equations of the derivation. At the end W1, b1, W2, b2 and J are those of the lab, to rounding.
"""

{imports}import numpy as np

{samples}
X = np.asfortranarray(X)

n1, n2, m = {n1}, {n2}, {m}
L2 = {l2!r}  # weight decay, on the scale of one sample's cost
K = {k}  # iterations

# The initial W1 (n1 x n2), b1, W2, b2, each row by row, one after the other.
START = {start}


def sigmoid(Z):
    e = np.exp(-np.abs(Z))  # never overflows
    return np.where(Z >= 0, 1.0, e) / (1.0 + e)


def decayed(theta, J, gradient):
    """Add the weight decay; biases carry none."""
    weights = theta.copy()
    weights[n1 * n2 : n1 * n2 + n2] = weights[-1] = 0.0
    decay = L2 / m
    if L2:
        J, gradient = J + 0.5 * decay * (weights @ weights), gradient + decay * weights
    return J, gradient


'''

NETWORK = '''def unpack(theta):
    inner = n1 * n2
    W1 = theta[:inner].reshape(n1, n2)
    b1 = theta[inner : inner + n2].reshape(n2, 1)
    return W1, b1, theta[inner + n2 : -1].reshape(n2, 1), theta[-1:].reshape(1, 1)


def objective(theta, X=X, Y=Y):
    """J and its gradient."""
    W1, b1, W2, b2 = unpack(theta)
    size = X.shape[1]
    Z1 = W1.T @ X + b1  # E7
    A1 = sigmoid(Z1)  # E8
    Z2 = W2.T @ A1 + b2  # E10
    A2 = sigmoid(Z2)  # E11
    J = np.mean(np.maximum(Z2, 0) - Y * Z2 + np.log1p(np.exp(-np.abs(Z2))))  # E13, from Z2
    dZ2 = A2 - Y  # E22
    dW2 = A1 @ dZ2.T / size  # E21
    db2 = dZ2.sum(axis=1, keepdims=True) / size  # E22
    dZ1 = (W2 @ dZ2) * (A1 * (1 - A1))  # E30
    dW1 = X @ dZ1.T / size  # E31
    db1 = dZ1.sum(axis=1, keepdims=True) / size  # E32
    gradient = np.concatenate([dW1.ravel(), db1.ravel(), dW2.ravel(), db2.ravel()])
    return decayed(theta, J, gradient)


'''

UNIT = '''def unpack(theta):
    """The unit without a hidden layer: w and b in the places of W2 and b2."""
    return np.zeros((n1, 0)), np.zeros((0, 1)), theta[:-1].reshape(n1, 1), theta[-1:].reshape(1, 1)


def objective(theta, X=X, Y=Y):
    """J and its gradient."""
    _, _, w, b = unpack(theta)
    size = X.shape[1]
    Z = w.T @ X + b  # E33
    J = np.mean(np.maximum(Z, 0) - Y * Z + np.log1p(np.exp(-np.abs(Z))))  # E34, from Z
    dZ = sigmoid(Z) - Y
    dw = X @ dZ.T / size
    return decayed(theta, J, np.concatenate([dw.ravel(), dZ.sum(axis=1) / size]))


'''

TAIL = """
W1, b1, W2, b2 = unpack(theta)
J, _ = objective(theta)
if __name__ == "__main__":
    print(f"after {k} iterations: J = {J!r}")
"""
