package dev.weft.controlplane.registry;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map in the order of its keys: every change copies one path from the root (about 14
 * nodes of 10,000) and shares the rest, so that a view per revision costs next to nothing and any
 * thread may read any of them.
 *
 * <p>Balanced by height (AVL).
 */
public final class SortedTree<V> {
  private static final SortedTree<?> EMPTY = new SortedTree<>(null);

  private final @Nullable Node<V> root;

  private SortedTree(@Nullable Node<V> root) {
    this.root = root;
  }

  @SuppressWarnings("unchecked") // holds no value
  public static <V> SortedTree<V> empty() {
    return (SortedTree<V>) EMPTY;
  }

  public int size() {
    return size(root);
  }

  public @Nullable V get(String key) {
    Node<V> node = root;
    while (node != null) {
      int order = key.compareTo(node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  SortedTree<V> put(String key, V value) {
    return new SortedTree<>(put(root, key, value));
  }

  SortedTree<V> remove(String key) {
    return get(key) == null ? this : new SortedTree<>(remove(root, key));
  }

  /** Every value, in the order of the keys. */
  public void forEach(Consumer<? super V> action) {
    walk(root, action);
  }

  /** Every key and value, in the order of the keys. */
  public void forEachEntry(BiConsumer<? super String, ? super V> action) {
    walkEntries(root, action);
  }

  /** The values whose key begins with the prefix, in the order of the keys. */
  void forEachWithPrefix(String prefix, Consumer<? super V> action) {
    walk(root, prefix, action);
  }

  /** Whether any key begins with the prefix. */
  boolean containsPrefix(String prefix) {
    Node<V> node = root;
    while (node != null) {
      if (node.key.startsWith(prefix)) {
        return true;
      }
      node = prefix.compareTo(node.key) < 0 ? node.left : node.right;
    }
    return false;
  }

  private static <V> void walk(@Nullable Node<V> node, Consumer<? super V> action) {
    if (node != null) {
      walk(node.left, action);
      action.accept(node.value);
      walk(node.right, action);
    }
  }

  private static <V> void walkEntries(
      @Nullable Node<V> node, BiConsumer<? super String, ? super V> action) {
    if (node != null) {
      walkEntries(node.left, action);
      action.accept(node.key, node.value);
      walkEntries(node.right, action);
    }
  }

  private static <V> void walk(@Nullable Node<V> node, String prefix, Consumer<? super V> action) {
    if (node == null) {
      return;
    }
    boolean inside = node.key.startsWith(prefix);
    boolean after = !inside && prefix.compareTo(node.key) < 0;
    if (inside || after) {
      walk(node.left, prefix, action);
    }
    if (inside) {
      action.accept(node.value);
    }
    if (inside || !after) {
      walk(node.right, prefix, action);
    }
  }

  private static <V> Node<V> put(@Nullable Node<V> node, String key, V value) {
    if (node == null) {
      return new Node<>(key, value, null, null);
    }
    int order = key.compareTo(node.key);
    if (order == 0) {
      return new Node<>(node.key, value, node.left, node.right);
    }
    return order < 0
        ? balance(node.key, node.value, put(node.left, key, value), node.right)
        : balance(node.key, node.value, node.left, put(node.right, key, value));
  }

  private static <V> @Nullable Node<V> remove(@Nullable Node<V> node, String key) {
    if (node == null) {
      return null;
    }
    int order = key.compareTo(node.key);
    if (order < 0) {
      return balance(node.key, node.value, remove(node.left, key), node.right);
    }
    if (order > 0) {
      return balance(node.key, node.value, node.left, remove(node.right, key));
    }
    if (node.left == null) {
      return node.right;
    }
    if (node.right == null) {
      return node.left;
    }
    Node<V> next = node.right;
    while (next.left != null) {
      next = next.left;
    }
    return balance(next.key, next.value, node.left, remove(node.right, next.key));
  }

  private static <V> Node<V> balance(
      String key, V value, @Nullable Node<V> left, @Nullable Node<V> right) {
    int tilt = height(left) - height(right);
    if (tilt > 1 && left != null) {
      if (height(left.left) >= height(left.right)) {
        return new Node<>(
            left.key, left.value, left.left, new Node<>(key, value, left.right, right));
      }
      Node<V> middle = left.right;
      if (middle != null) {
        return new Node<>(
            middle.key,
            middle.value,
            new Node<>(left.key, left.value, left.left, middle.left),
            new Node<>(key, value, middle.right, right));
      }
    }
    if (tilt < -1 && right != null) {
      if (height(right.right) >= height(right.left)) {
        return new Node<>(
            right.key, right.value, new Node<>(key, value, left, right.left), right.right);
      }
      Node<V> middle = right.left;
      if (middle != null) {
        return new Node<>(
            middle.key,
            middle.value,
            new Node<>(key, value, left, middle.left),
            new Node<>(right.key, right.value, middle.right, right.right));
      }
    }
    return new Node<>(key, value, left, right);
  }

  private static int height(@Nullable Node<?> node) {
    return node == null ? 0 : node.height;
  }

  private static int size(@Nullable Node<?> node) {
    return node == null ? 0 : node.size;
  }

  /** How many nodes this tree does not share with the other one. */
  int unsharedWith(SortedTree<V> other) {
    Set<Node<V>> theirs = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(other.root, theirs);
    Set<Node<V>> ours = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(root, ours);
    ours.removeAll(theirs);
    return ours.size();
  }

  private static <V> void collect(@Nullable Node<V> node, Set<Node<V>> into) {
    if (node != null) {
      into.add(node);
      collect(node.left, into);
      collect(node.right, into);
    }
  }

  private static final class Node<V> {
    final String key;
    final V value;
    final @Nullable Node<V> left;
    final @Nullable Node<V> right;
    final int height;
    final int size;

    Node(String key, V value, @Nullable Node<V> left, @Nullable Node<V> right) {
      this.key = key;
      this.value = value;
      this.left = left;
      this.right = right;
      this.height = 1 + Math.max(height(left), height(right));
      this.size = 1 + size(left) + size(right);
    }
  }
}
