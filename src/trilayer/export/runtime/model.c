/* section: always */
static void add(real *Z1, int k, double times)
{
  int j;
  for (j = 0; j < UNITS; j++)
    Z1[j] += (real)times * WEIGHT(k, j);
}

static double sigmoid(double z)
{
  double e = exp(z < 0 ? z : -z);
  return (z < 0 ? e : 1.0) / (1.0 + e);
}

/* section: part */
/* A number that a value is made into: its input, and the bins behind it. */
typedef struct {
  int input;
  double center, scale, clip; /* without a clip it is 0 */
  const double *edges;
  int n_edges;
} part_of_value;

static void add_part(real *Z1, const part_of_value *part, double x)
{
  double z = (x - part->center) / part->scale;
  int k = part->input, at = 0, high = part->n_edges - 1;
  z = z > 1e150 ? 1e150 : z < -1e150 ? -1e150 : z;
  if (part->clip > 0)
    z /= sqrt(1.0 + (z / part->clip) * (z / part->clip));
  add(Z1, k, z);
  if (part->n_edges) {
    const double *edges = part->edges;
    double far;
    while (high - at > 1) { /* the last edge that is not greater, with a bin behind it */
      int middle = (at + high) / 2;
      if (edges[middle] <= x)
        at = middle;
      else
        high = middle;
    }
    far = (x - edges[at]) / (edges[at + 1] - edges[at]);
    for (high = 0; high < at; high++)
      add(Z1, k + 1 + high, 1.0);
    add(Z1, k + 1 + at, far > 1.0 ? 1.0 : far > 0.0 ? far : 0.0);
  }
}

/* section: date */
static const int64_t DAY = INT64_C(86400000000); /* microseconds */

/* Year, month, weekday (Monday 1), hour and days since 1970, by the Gregorian calendar. */
static void parts_of_date(int64_t ticks, double *parts)
{
  int64_t days = ticks / DAY - (ticks % DAY < 0), rest = ticks - days * DAY;
  int64_t since = days + 719468; /* from the first of March of the year 0, which ends leap years */
  int64_t era = since / 146097 - (since % 146097 < 0), of_era = since - era * 146097;
  int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  int64_t month = (5 * of_year + 2) / 153; /* from March */
  parts[0] = (double)(year + era * 400 + (month >= 10));
  parts[1] = (double)(month < 10 ? month + 3 : month - 9);
  parts[2] = (double)(((days + 3) % 7 + 7) % 7 + 1); /* 1970 began on a Thursday */
  parts[3] = (double)rest / (double)(DAY / 24);
  parts[4] = (double)ticks / (double)DAY;
}

/* section: category */
/* A text of a level, and which of the column's levels it is. */
typedef struct {
  trilayer_text text;
  int place;
} text_of_level;

typedef struct {
  int input;
  const double *values; /* by place */
  double unseen, missing;
} number_of_level;

typedef struct {
  const text_of_level *texts; /* sorted by their bytes */
  int n_texts;
  const text_of_level *truths; /* in lower case */
  int n_truths;
  const trilayer_text *nothing;
  int n_nothing;
  const int *inputs; /* by place; no input is -1 */
  int unseen, missing;
  const number_of_level *numbers;
  int n_numbers;
} category;

static int compared(trilayer_text a, trilayer_text b)
{
  size_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.data, b.data, size) : 0;
  return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* A text without the blanks around it, those of Unicode too. */
static trilayer_text trimmed(trilayer_text text)
{
  size_t i, count = sizeof blanks / sizeof *blanks;
  for (i = 0; i < count; i++) {
    size_t size = blanks[i].size;
    if (text.size < size)
      continue;
    if (memcmp(text.data, blanks[i].data, size) == 0)
      text.data += size;
    else if (memcmp(text.data + text.size - size, blanks[i].data, size) != 0)
      continue;
    text.size -= size;
    i = (size_t)-1; /* from the first blank again */
  }
  return text;
}

/* 3.00 is 3: the size of a whole number without what is behind it, of other texts all of it. */
static size_t size_of_whole(trilayer_text text)
{
  size_t i = text.size && (text.data[0] == '+' || text.data[0] == '-'), first = i, point;
  while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9')
    i++;
  point = i;
  if (point == first || point + 1 >= text.size || text.data[point] != '.')
    return text.size;
  for (i = point + 1; i < text.size; i++)
    if (text.data[i] != '0')
      return text.size;
  return point;
}

static int same_word(trilayer_text text, trilayer_text lower)
{
  size_t i;
  if (text.size != lower.size)
    return 0;
  for (i = 0; i < text.size; i++) {
    char c = text.data[i];
    if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != lower.data[i])
      return 0;
  }
  return 1;
}

static int place_of(const category *column, trilayer_text text)
{
  int low = 0, high = column->n_texts - 1;
  while (low <= high) {
    int middle = (low + high) / 2, order = compared(text, column->texts[middle].text);
    if (order == 0)
      return column->texts[middle].place;
    if (order < 0)
      high = middle - 1;
    else
      low = middle + 1;
  }
  for (low = 0; low < column->n_truths; low++)
    if (same_word(text, column->truths[low].text))
      return column->truths[low].place;
  return -1;
}

static void add_level(real *Z1, const category *column, trilayer_text text)
{
  int i, place = -1, k, absent;
  if (text.data != NULL)
    text = trimmed(text);
  absent = text.data == NULL || text.size == 0;
  for (i = 0; i < column->n_nothing && !absent; i++)
    absent = compared(text, column->nothing[i]) == 0;
  if (!absent) {
    text.size = size_of_whole(text);
    place = place_of(column, text);
  }
  k = absent ? column->missing : place < 0 ? column->unseen : column->inputs[place];
  if (k >= 0)
    add(Z1, k, 1.0);
  for (i = 0; i < column->n_numbers; i++) {
    const number_of_level *number = &column->numbers[i];
    add(Z1, number->input,
        absent ? number->missing : place < 0 ? number->unseen : number->values[place]);
  }
}

