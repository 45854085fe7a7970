import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A connector program as published ones in Java and for Android are: HttpURLConnection, JSON put together by hand with bare keys.
 *
 * Usage: Roster.java BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
 */
class Roster {
  private static String[] credentials;
  private static String token = "cla_ofyesterday";

  private static String send(String method, String address, String body, String... headers) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) new URL(address).openConnection();
    connection.setRequestMethod(method);
    connection.setRequestProperty("Content-Type", "application/json");
    for (int index = 0; index < headers.length; index += 2) {
      connection.setRequestProperty(headers[index], headers[index + 1]);
    }
    if (body != null) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }
    // Throws an IOException for a 401 whose challenge it cannot read.
    int status = connection.getResponseCode();
    InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream();
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static String member(String name, String json) {
    Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
    return matcher.find() ? matcher.group(1) : null;
  }

  private static String ask(String method, String path, String body) throws Exception {
    String answer = send(method, credentials[0] + "/v1" + path, body, "accessToken", token);
    if ("InvalidToken".equals(member("errorCode", answer))) {
      String signedIn = send("GET", credentials[0] + "/v1/accessToken", null, "applicationId", credentials[1],
          "applicationSecret", credentials[2], "refreshToken", credentials[3]);
      token = member("accessToken", signedIn);
      answer = send(method, credentials[0] + "/v1" + path, body, "accessToken", token);
    }
    if (answer.contains("errorCode")) throw new Exception(method + " " + path + ": " + answer);
    return answer;
  }

  public static void main(String[] arguments) throws Exception {
    credentials = arguments;
    String group = "/groups/" + arguments[4];
    String member = arguments[5];
    if (!ask("GET", group + "/subgroups", null).contains("\"subGroups\":")) throw new Exception("no subGroups");
    if (!ask("PUT", group + "/members", "{members:[\"" + member + "\"]}").contains("\"true\"")) {
      throw new Exception("the member was not added");
    }
    if (!ask("GET", group + "/members", null).contains("\"mobileNumber\":\"" + member + "\"")) {
      throw new Exception("the member is missing");
    }
    System.out.println(member("referenceId", ask("POST", group + "/messages", "{message:\"" + arguments[6] + "\"}\r\n")));
  }
}
