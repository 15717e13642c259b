"""The parts of the NumPy script; braces are filled in by `numpy_script`."""

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

GD = """# Until which iteration, which learning rate and momentum.
SEGMENTS = {segments}

theta, velocity, k, before = START, np.zeros_like(START), 0, None
J, gradient = objective(theta)
for until, eta, mu in SEGMENTS:
    if mu != before:
        velocity, before = np.zeros_like(theta), mu
    while k < until:
        velocity = mu * velocity + gradient
        theta = theta - eta * velocity  # E35
        J, gradient = objective(theta)
        k += 1
"""

WALK = '''SEED, EPOCHS = {seed}, {epochs}
SIZE = min({batch_size}, m)  # samples in a batch
BATCHES = -(-m // SIZE)


def rate_of(eta, epoch, batch, t):
    """The learning rate of one batch; t updates were done before it."""
{rate}


# Until which epoch, which learning rate{and_momentum}.
SEGMENTS = {segments}

'''

RATES = {
    "constant": "    return eta",
    "inverse-scaling": "    return eta / np.sqrt(1.0 + t / 100.0)",
    "cosine": (
        "    progress = min((epoch + batch / BATCHES) / EPOCHS, 1.0)\n"
        "    return eta * 0.5 * (1.0 + np.cos(np.pi * progress))"
    ),
}

SGD = """theta, velocity, k, t = START, np.zeros_like(START), 0, 0
for until, eta, mu in SEGMENTS:
    while k < until:
        order = np.random.default_rng([SEED, k]).permutation(m)
        for b in range(BATCHES):
            batch = order[b * SIZE : (b + 1) * SIZE]
            rate = rate_of(eta, k, b, t)
            _, g = objective(theta, X[:, batch], Y[:, batch])
            velocity = mu * velocity - rate * g
            theta = theta + (mu * velocity - rate * g)  # Nesterov's momentum
            t += 1
        k += 1
"""

ADAM = """theta, k, t = START, 0, 0
mean, square = np.zeros_like(START), np.zeros_like(START)
for until, eta in SEGMENTS:
    while k < until:
        order = np.random.default_rng([SEED, k]).permutation(m)
        for b in range(BATCHES):
            batch = order[b * SIZE : (b + 1) * SIZE]
            rate = rate_of(eta, k, b, t)
            t += 1
            _, g = objective(theta, X[:, batch], Y[:, batch])
            mean = {beta1} * mean + (1 - {beta1}) * g
            square = {beta2} * square + (1 - {beta2}) * g**2
            unbiased = rate * (1 - {beta2}**t) ** 0.5 / (1 - {beta1}**t)
            theta = theta - unbiased * mean / (np.sqrt(square) + {epsilon})
        k += 1
"""

LBFGS = """theta, k, S, D = START, 0, [], []
J, gradient = objective(theta)
while k < K and np.any(gradient):
    direction = two_loop(gradient, S, D)
    first = 1.0 / float(np.linalg.norm(direction)) if k == 0 else 1.0
    found, _ = search(objective, Point(theta, J, gradient), direction, first)
    if found is None:
        if not S:
            break
        S, D = [], []
        continue
    S, D = remember(S, D, found.theta - theta, found.gradient - gradient)
    theta, J, gradient = found
    k += 1
"""

TAIL = """
W1, b1, W2, b2 = unpack(theta)
J, _ = objective(theta)
if __name__ == "__main__":
    print(f"after {k} iterations: J = {J!r}")
"""
